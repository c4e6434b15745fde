use super::invitation::{GOES_ALONG, WAITS};
use super::*;
use crate::triggers::facts::{Attributes, Cart, Raw, RawLine, attributes, cart};
use crate::{AgentId, ClientId};
use proptest::prelude::*;
use uuid::Uuid;

const NOW: Timestamp = Timestamp(1_750_000_000_000);
const SECOND: Duration = Duration::from_secs(1);

fn page(n: u128) -> PageId {
    PageId(Uuid::from_u128(n))
}

/// A shop, and somebody in it.
struct Shop {
    site: SiteId,
    attributes: Attributes,
    cart: Option<Cart>,
}

impl Shop {
    fn new() -> Self {
        Self { site: "demo".parse().unwrap(), attributes: Attributes::default(), cart: None }
    }

    fn sighting(&self, what: What, page: PageId, url: &'static str) -> Sighting<'_> {
        Sighting {
            id: VisitorId(Uuid::from_u128(7)),
            site: &self.site,
            what,
            page,
            url,
            title: "A page",
            referrer: "https://search.example/results?q=private",
            language: Some("es-ES"),
            user_agent: Some(
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1",
            ),
            country: Country::parse("es"),
            device: Device::Phone,
            window: Window::Closed,
            cart: self.cart.as_ref(),
            attributes: &self.attributes,
            first_seen: NOW,
            visits: 1,
            shopper: None,
            name: None,
            chatted_before: false,
            chatting: None,
        }
    }

    fn view(&self, n: u128) -> Sighting<'_> {
        self.sighting(What::View, page(n), "https://shop.example/p")
    }

    fn row(&self) -> Row {
        follow(None, &self.view(1), NOW).row.expect("a new row")
    }
}

fn wish(n: u128) -> Wish {
    Wish {
        id: ClientId(Uuid::from_u128(n)),
        agent: AgentId(Uuid::from_u128(9)),
        agent_name: "Ana".into(),
        text: "¿Te ayudo?".into(),
    }
}

fn at(seconds: u32) -> Timestamp {
    NOW.plus(SECOND * seconds)
}

#[test]
fn the_first_page_says_who_has_come() {
    let row = Shop::new().row();
    assert_eq!(row.referrer.as_deref(), Some("search.example/results"));
    assert_eq!(
        (row.system, row.browser, row.device),
        (Some(System::Ios), Some(Browser::Safari), Device::Phone)
    );
    assert_eq!(row.country.as_ref().map(Country::as_str), Some("ES"));
    assert_eq!((row.pages, row.path.len(), row.presence(NOW)), (1, 1, Presence::Here));
    assert_eq!(row.ends_at(), NOW.plus(LISTED));
}

#[test]
fn the_path_keeps_the_last_twenty_pages_and_an_address_once_in_a_row() {
    let shop = Shop::new();
    let mut row = shop.row();
    let urls: Vec<String> = (0..30).map(|n| format!("https://shop.example/p/{}", n / 2)).collect();
    for (n, url) in urls.iter().enumerate() {
        let seen = Sighting { url, ..shop.view(n as u128 + 2) };
        row = follow(Some(&row), &seen, at(n as u32 + 1)).row.expect("a page more");
    }
    assert_eq!((row.pages, row.path.len()), (31, 16));
    for n in 0..30_u128 {
        let url = format!("https://shop.example/other/{n}");
        let seen = Sighting { url: &url, ..shop.view(n + 100) };
        row = follow(Some(&row), &seen, at(60)).row.expect("a page more");
    }
    assert_eq!((row.path.len(), row.current().url.as_str()), (MAX_PATH, "https://shop.example/other/29"));
}

#[test]
fn here_idle_left_over() {
    let row = Shop::new().row();
    let check =
        |row: &Row, after: Duration, expect| assert_eq!(row.presence(NOW.plus(after)), expect, "{after:?}");
    check(&row, HERE - SECOND, Presence::Here);
    check(&row, HERE, Presence::Idle);
    check(&row, LISTED - SECOND, Presence::Idle);
    check(&row, LISTED, Presence::Over);
    let left = Row { left_at: Some(NOW), ..row };
    check(&left, LEAVING - SECOND, Presence::Here);
    check(&left, LEAVING, Presence::Left);
    check(&left, LEAVING + LEFT_LISTED - SECOND, Presence::Left);
    check(&left, LEAVING + LEFT_LISTED, Presence::Over);
}

#[test]
fn a_page_that_closes_is_left_and_the_next_one_continues_the_path() {
    let shop = Shop::new();
    let first = shop.row();
    let leave = |n| shop.sighting(What::Leave, page(n), "https://shop.example/p");
    let left = follow(Some(&first), &leave(1), at(5)).row.expect("left");
    assert_eq!(left.left_at, Some(at(5)));
    // A second word, and one that comes after the next page's first.
    assert_eq!(follow(Some(&left), &leave(1), at(6)), Followed::default());
    let seen = Sighting { url: "https://shop.example/q", ..shop.view(2) };
    let next = follow(Some(&left), &seen, at(6)).row.expect("the next page");
    assert_eq!((next.left_at, next.path.len(), next.pages), (None, 2, 2));
    assert_eq!(follow(Some(&next), &leave(1), at(7)), Followed::default());
    // Nobody who is listed: nothing to write.
    assert_eq!(follow(None, &leave(1), at(7)), Followed::default());
    assert_eq!(follow(Some(&first), &leave(1), NOW.plus(LISTED)), Followed::default());
}

#[test]
fn of_two_tabs_the_one_opened_last_is_shown_until_it_closes() {
    let shop = Shop::new();
    let one = shop.row();
    let seen = Sighting { url: "https://shop.example/two", ..shop.view(2) };
    let two = follow(Some(&one), &seen, at(1)).row.expect("a second tab");
    let beat = shop.sighting(What::Beat, page(1), "https://shop.example/p");
    let still = follow(Some(&two), &beat, at(50)).row.expect("a sign of life");
    assert_eq!((still.page, still.last_seen), (page(2), at(50)));
    let leave = shop.sighting(What::Leave, page(2), "https://shop.example/two");
    let left = follow(Some(&still), &leave, at(51)).row.expect("closed");
    let back = follow(Some(&left), &beat, at(52)).row.expect("the other tab");
    assert_eq!((back.page, back.left_at, back.pages), (page(1), None, 2));
}

#[test]
fn a_beat_that_shows_nothing_new_is_not_written() {
    let shop = Shop::new();
    let row = shop.row();
    let beat = shop.sighting(What::Beat, page(1), "https://shop.example/p");
    assert_eq!(follow(Some(&row), &beat, NOW.plus(NOTED - SECOND)), Followed::default());
    assert!(follow(Some(&row), &beat, NOW.plus(NOTED)).row.is_some());
    let open = Sighting { window: Window::Open, ..beat };
    assert!(follow(Some(&row), &open, at(1)).row.is_some_and(|row| row.window == Window::Open));
}

#[test]
fn a_new_visit_begins_a_new_path_and_forgets_what_was_put_away() {
    let shop = Shop::new();
    let seen = shop.sighting(What::Dismissed, page(1), "https://shop.example/p");
    let row = follow(Some(&shop.row()), &seen, at(1)).row.expect("put away");
    assert!(row.dismissed);
    let back = Sighting { visits: 2, referrer: "https://news.example/", ..shop.view(2) };
    let row = follow(Some(&row), &back, at(2)).row.expect("back");
    assert_eq!((row.visits, row.pages, row.path.len(), row.dismissed), (2, 1, 1, false));
    assert_eq!(row.referrer.as_deref(), Some("news.example"));
    // Whoever comes back after the row has ended begins anew as well, in place of what stands.
    let much_later = NOW.plus(LISTED * 3);
    let anew = follow(Some(&row), &shop.view(3), much_later).row.expect("anew");
    assert_eq!((anew.pages, anew.changed_at), (1, much_later));
}

#[test]
fn every_writing_is_later_than_the_one_before() {
    let shop = Shop::new();
    let row = shop.row();
    for now in [NOW, NOW.minus(SECOND), at(1)] {
        let next = follow(Some(&row), &shop.view(2), now).row.expect("a page more");
        assert!(next.changed_at > row.changed_at, "{now:?}");
    }
}

#[test]
fn a_05_what_a_page_says_is_one_line_of_text_cut_to_its_limit() {
    let hostile = "<img src=x onerror=alert(1)>\u{202e}gpj\u{200b}.exe\n\t\u{7}";
    let check = |raw: &str, most, expect: &str| assert_eq!(line(raw, most), expect);
    check(hostile, 100, "<img src=x onerror=alert(1)>gpj.exe");
    check("  a \n b ", 10, "a b");
    check(&"ñ".repeat(1_000_000), 5, "ññññ…");
    check("", 5, "");
    let shop = Shop::new();
    let long = format!("https://shop.example/{}", "a".repeat(100_000));
    let seen =
        Sighting { url: &long, title: hostile, language: Some(&long), name: Some(hostile), ..shop.view(1) };
    let row = follow(None, &seen, NOW).row.expect("a row");
    assert_eq!(row.current().url.chars().count(), MAX_ADDRESS);
    assert!(row.language.is_some_and(|language| language.chars().count() <= 35));
    assert_eq!(row.name.as_deref(), Some("<img src=x onerror=alert(1)>gpj.exe"));
}

#[test]
fn addresses_and_referrers_lose_what_is_nobodys_business() {
    let check = |raw: &str, expect: &str| assert_eq!(address(raw, 100), expect, "{raw}");
    check("https://ana:secret@shop.example/a?b=c#token", "https://shop.example/a?b=c");
    check("https://shop.example?a=x@y", "https://shop.example?a=x@y");
    check("javascript:alert(1)//https://x", "javascript:alert(1)//https://x");
    check("not an address", "not an address");
    let check = |raw: &str, expect: Option<&str>| {
        assert_eq!(referrer(raw, "https://shop.example/p").as_deref(), expect, "{raw}")
    };
    check("https://search.example/a/b?q=illness#x", Some("search.example/a/b"));
    check("https://search.example/", Some("search.example"));
    check("https://SHOP.example/cart", None);
    check("android-app://com.example/", None);
    check("javascript:alert(1)", None);
    check("", None);
}

#[test]
fn a_18_cart_and_attributes_are_kept_as_claims_within_limits() {
    let mut shop = Shop::new();
    let raw = (0..10_000).map(|_| RawLine { number: "S-1", name: "Vela", quantity: 1.0, price: 2.0 });
    shop.cart = Some(cart(raw, None, Some("eur")).value);
    shop.attributes =
        attributes([("Tier", Raw::Text("gold\u{202e}")), ("n", Raw::Number(1.5)), ("f", Raw::Flag(true))])
            .value;
    let row = shop.row();
    let seen = row.cart.clone().expect("a cart");
    assert_eq!((seen.lines.len(), seen.pieces, seen.value), (MAX_CART_LINES, 10_000, 2_000_000));
    let pairs: Vec<(&str, &str)> = row.attributes.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    assert_eq!(pairs, [("f", "true"), ("n", "1.5"), ("tier", "gold")]);
    // A report that tells of none leaves what was told.
    let silent = Shop::new();
    let row = follow(Some(&row), &silent.view(2), at(1)).row.expect("a page more");
    assert_eq!((row.cart.is_some(), row.attributes.len()), (true, 3));
}

#[test]
fn systems_and_browsers_are_named_by_a_short_table() {
    let check = |text: &str, system, browser| assert_eq!(software(text), (system, browser), "{text}");
    check(
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36 Edg/130.0",
        Some(System::Windows),
        Some(Browser::Edge),
    );
    check(
        "Mozilla/5.0 (Linux; Android 15; SM-S921B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/27.0 Chrome/125.0 Mobile Safari/537.36",
        Some(System::Android),
        Some(Browser::Samsung),
    );
    check(
        "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36",
        Some(System::ChromeOs),
        Some(Browser::Chrome),
    );
    check(
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15",
        Some(System::MacOs),
        Some(Browser::Safari),
    );
    check(
        "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0",
        Some(System::Linux),
        Some(Browser::Firefox),
    );
    check("<script>", None, None);
    check(&"é".repeat(5_000), None, None);
    for system in System::ALL {
        assert_eq!(System::named(system.name()), Some(system));
    }
    for browser in Browser::ALL {
        assert_eq!(Browser::named(browser.name()), Some(browser));
    }
}

#[test]
fn an_invitation_is_taken_by_the_next_sign_of_life_once() {
    let shop = Shop::new();
    let row = invite(&shop.row(), &wish(1), at(1)).expect("allowed").expect("new");
    assert_eq!(row.invited(at(2)), Some(Invited::Waiting));
    assert_eq!(invite(&row, &wish(1), at(2)), Ok(None));
    let beat = shop.sighting(What::Beat, page(1), "https://shop.example/p");
    let Followed { row: Some(taken), deliver: Some(shown) } = follow(Some(&row), &beat, at(3)) else {
        panic!("not taken")
    };
    assert_eq!(
        (shown.text.as_str(), shown.shown_at, taken.invited(at(300))),
        ("¿Te ayudo?", Some(at(3)), Some(Invited::Shown))
    );
    assert_eq!(follow(Some(&taken), &beat, at(4)).deliver, None);
    // It goes along to the next page, for ten minutes.
    let next = follow(Some(&taken), &shop.view(2), at(5));
    assert_eq!(next.deliver.map(|shown| shown.id), Some(wish(1).id));
    assert_eq!(follow(Some(&taken), &shop.view(3), at(3).plus(GOES_ALONG)).deliver, None);
    assert_eq!(invite(&taken, &wish(1), at(6)), Ok(None));
}

#[test]
fn an_invitation_that_nobody_takes_within_a_minute_is_gone() {
    let shop = Shop::new();
    let row = invite(&shop.row(), &wish(1), NOW).expect("allowed").expect("new");
    assert_eq!(row.invited(NOW.plus(WAITS - SECOND)), Some(Invited::Waiting));
    assert_eq!(row.invited(NOW.plus(WAITS)), Some(Invited::Gone));
    let late = follow(Some(&row), &shop.view(2), NOW.plus(WAITS));
    assert_eq!(late.deliver, None);
    let kept = late.row.and_then(|row| row.invitation).expect("what became of it");
    assert_eq!((kept.state, kept.text.as_str()), (Invited::Gone, ""));
    // Who leaves before is gone at once, and may be invited anew when back.
    let leave = shop.sighting(What::Leave, page(1), "https://shop.example/p");
    let left = follow(Some(&row), &leave, at(2)).row.expect("left");
    assert_eq!(left.invited(at(2).plus(LEAVING)), Some(Invited::Gone));
    // Its agent has read so: who comes back is shown nothing. Who went from page to page never was away.
    let back = follow(Some(&left), &shop.view(2), at(2).plus(LEAVING));
    assert_eq!(back.deliver, None);
    assert_eq!(back.row.expect("back").invited(at(2).plus(LEAVING)), Some(Invited::Gone));
    assert!(follow(Some(&left), &shop.view(2), at(3)).deliver.is_some());
}

#[test]
fn what_becomes_of_an_invitation() {
    let shop = Shop::new();
    let chat = Some(ConversationId(Uuid::from_u128(4)));
    let beat = shop.sighting(What::Beat, page(1), "https://shop.example/p");
    let waiting = invite(&shop.row(), &wish(1), NOW).expect("allowed").expect("new");
    let shown = follow(Some(&waiting), &beat, at(1)).row.expect("taken");
    let check = |row: &Row, seen: &Sighting<'_>, expect| {
        let after = follow(Some(row), seen, at(2)).row.expect("something new");
        assert_eq!(after.invited(at(2)), Some(expect));
        after
    };
    let opened = check(&shown, &Sighting { what: What::Opened, ..beat }, Invited::Opened);
    check(&opened, &Sighting { chatting: chat, ..beat }, Invited::Answered);
    check(&shown, &Sighting { chatting: chat, ..beat }, Invited::Answered);
    check(&shown, &Sighting { what: What::Dismissed, ..beat }, Invited::Dismissed);
    check(&opened, &Sighting { what: What::Dismissed, ..beat }, Invited::Dismissed);
    // Had begun to chat before it came.
    let gone = check(&waiting, &Sighting { chatting: chat, ..beat }, Invited::Gone);
    assert!(gone.invitation.is_some_and(|invitation| invitation.text.is_empty()));
}

#[test]
fn nobody_is_written_to_who_is_gone_chats_or_has_had_enough() {
    let shop = Shop::new();
    let row = shop.row();
    let check =
        |row: &Row, now, expect| assert_eq!(invite(row, &wish(1), now).map(|row| row.is_some()), expect);
    check(&row, at(1), Ok(true));
    check(&row, NOW.plus(HERE), Ok(true));
    check(&row, NOW.plus(LISTED), Err(Refused::Left));
    check(&Row { left_at: Some(NOW), ..row.clone() }, NOW.plus(LEAVING), Err(Refused::Left));
    check(
        &Row { chatting: Some(ConversationId(Uuid::from_u128(4))), ..row.clone() },
        at(1),
        Err(Refused::Chatting),
    );
    check(&Row { dismissed: true, ..row.clone() }, at(1), Err(Refused::Dismissed));
    let other = invite(&row, &wish(2), NOW).expect("allowed").expect("new");
    check(&other, at(1), Err(Refused::Invited { agent: wish(2).agent }));
    // Gone: somebody else may try.
    check(&other, NOW.plus(WAITS), Ok(true));
    let same_id = Wish { text: "Otra cosa".into(), ..wish(2) };
    assert_eq!(invite(&other, &same_id, at(1)), Err(Refused::IdReused));
}

proptest! {
    /// Whatever comes in whatever order: a row stays within its limits, each writing is later than the one before, and an invitation is
    /// delivered to nobody who has put something away or chats.
    #[test]
    fn a_row_stays_within_its_limits(steps in proptest::collection::vec((0_u8..7, 0_u128..4, 0_u32..2_000, any::<bool>()), 1..60)) {
        let shop = Shop::new();
        let (mut row, mut now) = (shop.row(), NOW);
        for (what, n, seconds, chats) in steps {
            now = now.plus(SECOND * seconds);
            if what == 6 {
                if let Ok(Some(next)) = invite(&row, &wish(n), now) {
                    prop_assert!(next.changed_at > row.changed_at);
                    row = next;
                }
                continue;
            }
            let what = [What::View, What::Beat, What::Opened, What::Dismissed, What::Leave, What::View][usize::from(what)];
            let chatting = chats.then_some(ConversationId(Uuid::from_u128(4)));
            let url = ["https://shop.example/a", "https://shop.example/b", "", "x"][n as usize];
            let seen = Sighting { what, url, chatting, ..shop.view(n) };
            let Followed { row: next, deliver } = follow(Some(&row), &seen, now);
            prop_assert!(deliver.is_none() || (!chats && what != What::Leave && !deliver.unwrap().text.is_empty()));
            if let Some(next) = next {
                prop_assert!(next.changed_at > row.changed_at);
                prop_assert!((1..=MAX_PATH).contains(&next.path.len()));
                row = next;
            }
        }
    }
}
