//! The visitors' list.

use super::item::{Item, n, s};
use super::{Dynamo, attributes, keys, unavailable};
use aws_sdk_dynamodb::types::AttributeValue;
use domain::ports::{StoreError, Stored, Visitors};
use domain::triggers::facts::Line;
use domain::triggers::{Country, Currency, Device, PageId, Window};
use domain::visitors::{Browser, CartSeen, Invitation, Invited, Page, Place, Row, Step, System, WATCHED};
use domain::{SiteId, Timestamp, VisitorId};
use futures::future::try_join_all;
use std::collections::HashMap;

/// Keys that one `BatchGetItem` takes.
const AT_ONCE: usize = 100;

impl Visitors for Dynamo {
    async fn visitor(&self, site: &SiteId, id: VisitorId) -> Stored<Option<Row>> {
        self.get(keys::visitor_row(site, id)).await?.as_ref().map(read).transpose()
    }

    async fn put_visitor(&self, row: &Row, expected: Option<Timestamp>) -> Stored<bool> {
        let refused = match expected {
            None => self.put_refused(write(row), "attribute_not_exists(pk)", &[]).await?,
            Some(at) => {
                self.put_refused(write(row), "changed_at = :before", &[(":before", at.millis())]).await?
            }
        };
        match refused {
            None => Ok(true),
            Some(Some(stands)) => Ok(read(&stands)? == *row),
            Some(None) => Ok(false),
        }
    }

    /// Access pattern: who is on the site, in the order in which the rows were written. The index bears keys alone.
    async fn visitors(&self, site: &SiteId, after: Place, limit: usize) -> Stored<Page> {
        let mut places = Vec::new();
        let mut from = None;
        // One more than asked for tells whether there is more.
        while places.len() <= limit {
            let page = self
                .client
                .query()
                .table_name(&self.table)
                .index_name("deadlines")
                .key_condition_expression("due_pk = :pk AND due_sk > :after")
                .expression_attribute_values(":pk", s(keys::visitors(site)))
                .expression_attribute_values(":after", s(keys::visitor_place(after)))
                .limit(i32::try_from(limit + 1 - places.len()).unwrap_or(i32::MAX))
                .set_exclusive_start_key(from)
                .send()
                .await
                .map_err(unavailable)?;
            for item in page.items.unwrap_or_default() {
                let place = Item::from(item).get("due_sk").and_then(keys::read_visitor_place);
                places.push(place.ok_or_else(|| StoreError::Broken("attribute due_sk".into()))?);
            }
            from = page.last_evaluated_key;
            if from.is_none() {
                break;
            }
        }
        let through = if places.len() > limit { limit.checked_sub(1).map(|last| places[last]) } else { None };
        places.truncate(limit);
        // While the index lags a row may stand at two places in it.
        let order: HashMap<VisitorId, usize> =
            places.iter().enumerate().map(|(order, place)| (place.id, order)).collect();
        let mut wanted: Vec<(usize, VisitorId)> = order.into_iter().map(|(id, order)| (order, id)).collect();
        wanted.sort_unstable();
        let key = |(_, id): &(usize, VisitorId)| attributes(keys::visitor_row(site, *id));
        let get = wanted.chunks(AT_ONCE).map(|ids| self.get_all(ids.iter().map(key).collect()));
        let found = try_join_all(get).await?;
        let mut rows: HashMap<VisitorId, Row> = HashMap::new();
        for item in found.iter().flatten() {
            let row = read(item)?;
            rows.insert(row.id, row);
        }
        Ok(Page { rows: wanted.iter().filter_map(|(_, id)| rows.remove(id)).collect(), through })
    }

    async fn watch_visitors(&self, site: &SiteId, until: Timestamp) -> Stored<()> {
        let item = Item::at(keys::visitors_watched(site)).time("until", until).ttl(until.plus(WATCHED));
        self.put_refused(
            item,
            "attribute_not_exists(pk) OR expires_at < :ends",
            &[(":ends", until.plus(WATCHED).millis())],
        )
        .await
        .map(|_| ())
    }

    async fn visitors_watched(&self, site: &SiteId) -> Stored<Option<Timestamp>> {
        self.get(keys::visitors_watched(site)).await?.map(|item| item.need_time("until")).transpose()
    }
}

/// Several fields of one line each as one text: an item pays for every name of a nested attribute. None of them has a line break.
fn join<const N: usize>(fields: [&str; N]) -> String {
    fields.join("\n")
}

fn split<const N: usize>(text: &str, name: &str) -> Stored<[String; N]> {
    let fields: Vec<String> = text.splitn(N, '\n').map(str::to_owned).collect();
    fields.try_into().map_err(|_| broken(name))
}

fn broken(name: &str) -> StoreError {
    StoreError::Broken(format!("attribute {name}"))
}

fn read_one<T: std::str::FromStr>(text: &str, name: &str) -> Stored<T> {
    text.parse().map_err(|_| broken(name))
}

fn write(row: &Row) -> Item {
    let Row { id, site, page, country, language, system, browser, cart, shopper, name, chatting, .. } = row;
    let step = |step: &Step| join([&step.at.millis().to_string(), &step.url, &step.title]);
    let mut item = Item::at(keys::visitor_row(site, *id))
        .text("due_pk", keys::visitors(site))
        .text("due_sk", keys::visitor_place(Place::of(row)))
        .time("changed_at", row.changed_at)
        .time("last_seen", row.last_seen)
        .time("first_seen", row.first_seen)
        .number("visits", row.visits.into())
        .number("pages", row.pages.into())
        .text("page", page.0.to_string())
        .time("viewed_at", row.viewed_at)
        .list("path", row.path.iter().map(step))
        .maybe_text("referrer", row.referrer.as_ref())
        .maybe_text("country", country.as_ref().map(Country::as_str))
        .maybe_text("language", language.as_ref())
        .text("device", device_name(row.device))
        .maybe_text("system", system.map(System::name))
        .maybe_text("browser", browser.map(Browser::name))
        .maybe_text("shopper", shopper.map(|id| id.to_string()))
        .maybe_text("name", name.as_ref())
        .maybe_text("chatting", chatting.map(|id| id.to_string()))
        .flag("chatted", row.chatted_before)
        .flag("open", row.window == Window::Open)
        .flag("dismissed", row.dismissed)
        .ttl(row.ends_at());
    if !row.attributes.is_empty() {
        item = item.list("claims", row.attributes.iter().map(|(key, value)| join([key, value])));
    }
    if let Some(CartSeen { value, currency, pieces, lines }) = cart {
        let currency = currency.as_ref().map(Currency::as_str).unwrap_or_default();
        let line =
            |line: &Line| join([&line.pieces.to_string(), &line.price.to_string(), &line.number, &line.name]);
        item = item
            .text("cart", join([&value.to_string(), currency, &pieces.to_string()]))
            .list("cart_lines", lines.iter().map(line));
    }
    if let Some(at) = row.left_at {
        item = item.time("left_at", at);
    }
    if let Some(invitation) = &row.invitation {
        let mut map = HashMap::from([
            ("id".to_owned(), s(invitation.id.to_string())),
            ("agent".to_owned(), s(invitation.agent.to_string())),
            ("agent_name".to_owned(), s(&invitation.agent_name)),
            ("text".to_owned(), s(&invitation.text)),
            ("at".to_owned(), n(invitation.at.millis())),
            ("state".to_owned(), s(invitation.state.name())),
        ]);
        if let Some(at) = invitation.shown_at {
            map.insert("shown_at".to_owned(), n(at.millis()));
        }
        item.0.insert("invitation".to_owned(), AttributeValue::M(map));
    }
    item
}

fn read(item: &Item) -> Stored<Row> {
    let count = |name: &str| Stored::Ok(u32::try_from(item.need_number(name)?).unwrap_or(u32::MAX));
    let mut path = Vec::new();
    for text in item.strings("path") {
        let [at, url, title] = split(&text, "path")?;
        path.push(Step { url, title, at: Timestamp(read_one(&at, "path")?) });
    }
    let mut claims = Vec::new();
    for text in item.strings("claims") {
        let [key, value] = split(&text, "claims")?;
        claims.push((key, value));
    }
    Ok(Row {
        id: item.need("due_sk").ok().and_then(keys::read_visitor_place).ok_or_else(|| broken("due_sk"))?.id,
        site: item
            .need("due_pk")?
            .strip_prefix("VL#")
            .and_then(|site| site.parse().ok())
            .ok_or_else(|| broken("due_pk"))?,
        changed_at: item.need_time("changed_at")?,
        last_seen: item.need_time("last_seen")?,
        first_seen: item.need_time("first_seen")?,
        visits: count("visits")?,
        pages: count("pages")?,
        page: PageId(item.parse("page")?),
        viewed_at: item.need_time("viewed_at")?,
        path,
        referrer: item.string("referrer"),
        country: item.get("country").and_then(Country::parse),
        language: item.string("language"),
        device: named_device(item.need("device")?).ok_or_else(|| broken("device"))?,
        system: item.get("system").and_then(System::named),
        browser: item.get("browser").and_then(Browser::named),
        cart: read_cart(item)?,
        attributes: claims,
        shopper: item.parse_maybe("shopper")?,
        name: item.string("name"),
        chatted_before: item.is_set("chatted"),
        chatting: item.parse_maybe("chatting")?,
        window: if item.is_set("open") { Window::Open } else { Window::Closed },
        dismissed: item.is_set("dismissed"),
        left_at: item.get_number("left_at").map(Timestamp),
        invitation: read_invitation(item)?,
    })
}

fn read_cart(item: &Item) -> Stored<Option<CartSeen>> {
    let Some(cart) = item.get("cart") else { return Ok(None) };
    let [value, currency, pieces] = split(cart, "cart")?;
    let mut lines = Vec::new();
    for text in item.strings("cart_lines") {
        let [pieces, price, number, name] = split(&text, "cart_lines")?;
        let (pieces, price) = (read_one(&pieces, "cart_lines")?, read_one(&price, "cart_lines")?);
        lines.push(Line { number, name, pieces, price });
    }
    Ok(Some(CartSeen {
        value: read_one(&value, "cart")?,
        currency: Currency::parse(&currency),
        pieces: read_one(&pieces, "cart")?,
        lines,
    }))
}

fn read_invitation(item: &Item) -> Stored<Option<Invitation>> {
    let Some(AttributeValue::M(map)) = item.0.get("invitation") else { return Ok(None) };
    let map = Item::from(map.clone());
    Ok(Some(Invitation {
        id: map.parse("id")?,
        agent: map.parse("agent")?,
        agent_name: map.need("agent_name")?.to_owned(),
        text: map.need("text")?.to_owned(),
        at: map.need_time("at")?,
        shown_at: map.get_number("shown_at").map(Timestamp),
        state: Invited::named(map.need("state")?).ok_or_else(|| broken("state"))?,
    }))
}

const fn device_name(device: Device) -> &'static str {
    match device {
        Device::Desktop => "desktop",
        Device::Phone => "phone",
        Device::Tablet => "tablet",
    }
}

fn named_device(name: &str) -> Option<Device> {
    [Device::Desktop, Device::Phone, Device::Tablet].into_iter().find(|device| device_name(*device) == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::visitors::{Browser, System};
    use uuid::Uuid;

    /// As the table reckons: names and values in bytes, a list three more and one for each of its elements.
    fn bytes(value: &AttributeValue) -> usize {
        match value {
            AttributeValue::S(text) => text.len(),
            // A byte for two digits, and one.
            AttributeValue::N(number) => number.len().div_ceil(2) + 1,
            AttributeValue::Bool(_) => 1,
            AttributeValue::L(all) => 3 + all.iter().map(|one| bytes(one) + 1).sum::<usize>(),
            other => panic!("a row has no {other:?}"),
        }
    }

    #[test]
    fn a_row_of_five_pages_and_a_cart_fits_one_unit() {
        let at = Timestamp(1_750_000_000_000);
        let step = |n: u32| Step {
            url: format!("https://shop.example/lamps/table/{n}?colour=red"),
            title: "A lamp for a table".into(),
            at,
        };
        let line = Line { number: "L-7".into(), name: "A lamp for a table".into(), pieces: 2, price: 2_495 };
        let row = Row {
            id: VisitorId(Uuid::from_u128(7)),
            site: "demo".parse().unwrap(),
            changed_at: at,
            last_seen: at,
            first_seen: at,
            visits: 3,
            pages: 5,
            page: PageId(Uuid::from_u128(8)),
            viewed_at: at,
            path: (0..5).map(step).collect(),
            referrer: Some("search.example/results".into()),
            country: Country::parse("ES"),
            language: Some("es-ES".into()),
            device: Device::Phone,
            system: Some(System::Ios),
            browser: Some(Browser::Safari),
            cart: Some(CartSeen {
                value: 4_990,
                currency: Currency::parse("EUR"),
                pieces: 2,
                lines: vec![line],
            }),
            attributes: vec![("tier".into(), "gold".into())],
            shopper: None,
            name: None,
            chatted_before: false,
            chatting: None,
            window: Window::Closed,
            dismissed: false,
            left_at: None,
            invitation: None,
        };
        let size: usize = write(&row).0.iter().map(|(name, value)| name.len() + bytes(value)).sum();
        assert!(size <= 1_024, "{size} bytes");
    }
}
