//! The link of a mail that ends mails to its address. Opened it asks, for programs open links too; posted to it does so at once, which is
//! what mail programs do (RFC 8058). A link that is none, is for something else or has ended: always the same page.

use crate::{Answer, Api, Request};
use delivery::Failure;
use domain::people::Site;
use domain::ports::{Environment, Files, MailLink, Originals, Push, Store};
use domain::settings::{General, Language, LocalText, Palette, Rgb, SHIPPED, Shipped, fill};
use mail::{Link, LinkPage};

/// A page: what stands large, what below it, and on its button.
struct Words {
    title: Shipped,
    text: Shipped,
    button: Option<Shipped>,
}

const ASK: Words = Words {
    title: Shipped {
        en: "No more mails from {shop}?",
        es: "¿Dejar de recibir correos de {shop}?",
        pt_br: "Parar de receber e-mails de {shop}?",
        it: "Non ricevere più email da {shop}?",
    },
    text: Shipped {
        en: "{shop} will send nothing more to this address. Answers go on waiting for you in the chat.",
        es: "{shop} no enviará nada más a esta dirección. Las respuestas te seguirán esperando en el chat.",
        pt_br: "{shop} não vai enviar mais nada para este endereço. As respostas continuam esperando por você no chat.",
        it: "{shop} non invierà più nulla a questo indirizzo. Le risposte continueranno ad aspettarti nella chat.",
    },
    button: Some(Shipped {
        en: "No more mails",
        es: "No recibir más correos",
        pt_br: "Não receber mais e-mails",
        it: "Non ricevere più email",
    }),
};
const DONE: Words = Words {
    title: Shipped {
        en: "{shop} sends no more mails to this address",
        es: "{shop} ya no envía correos a esta dirección",
        pt_br: "{shop} não envia mais e-mails para este endereço",
        it: "{shop} non invia più email a questo indirizzo",
    },
    text: Shipped {
        en: "Answers go on waiting for you in the chat.",
        es: "Las respuestas te seguirán esperando en el chat.",
        pt_br: "As respostas continuam esperando por você no chat.",
        it: "Le risposte continueranno ad aspettarti nella chat.",
    },
    button: None,
};
const NONE: Words = Words {
    title: Shipped {
        en: "This link is not valid any more",
        es: "Este enlace ya no es válido",
        pt_br: "Este link não é mais válido",
        it: "Questo link non è più valido",
    },
    text: Shipped {
        en: "It has expired, or a part of it is missing. The newest mail has one that works.",
        es: "Ha caducado o le falta una parte. El correo más reciente tiene uno que funciona.",
        pt_br: "Ele expirou ou está incompleto. O e-mail mais recente tem um que funciona.",
        it: "È scaduto o ne manca una parte. L’email più recente ne ha uno che funziona.",
    },
    button: None,
};

impl<S: Store, P: Push, E: Environment, F: Files + Originals> Api<S, P, E, F> {
    pub(crate) async fn ask_unsubscribe(&self, request: &Request, secret: &str) -> Result<Answer, Failure> {
        match self.engine.unsubscribe_link(secret).await? {
            Some(link) => self.about(&link, &ASK).await,
            None => Ok(no_link(request)),
        }
    }

    pub(crate) async fn unsubscribe(&self, request: &Request, secret: &str) -> Result<Answer, Failure> {
        let Some(link) = self.engine.unsubscribe_link(secret).await? else { return Ok(no_link(request)) };
        self.engine.unsubscribe(&link).await?;
        self.about(&link, &DONE).await
    }

    /// In the language that the mail was in, and the shop's colour.
    async fn about(&self, link: &MailLink, words: &Words) -> Result<Answer, Failure> {
        let store = &self.engine.store;
        let (site, shopper) = futures::try_join!(store.site(&link.site), store.shopper(link.shopper))?;
        let site: Site = site.ok_or(Failure::NotFound)?;
        let settings = self.engine.configured(&site).await?.settings;
        let language =
            settings.general.language_for(shopper.as_ref().and_then(|known| known.language.as_deref()));
        let home = site.origins.first().and_then(|origin| Link::parse(origin));
        let page = page(&settings.general, language, settings.appearance.palette(), home.as_ref(), words);
        Ok(Answer::page(200, page))
    }
}

/// It says nothing of which shop it could have been, nor why; in the browser's language.
fn no_link(request: &Request) -> Answer {
    let languages: Vec<Language> = SHIPPED.iter().filter_map(|tag| Language::parse(tag)).collect();
    let wanted = request.language.as_deref().unwrap_or_default().split(',');
    let wanted = wanted.map(|tag| tag.split(';').next().unwrap_or_default().trim());
    let nearest = wanted.filter_map(|tag| Language::nearest(tag, &languages)).next();
    let language = nearest.unwrap_or(&languages[0]).clone();
    let general = General { name: String::new(), languages, default_language: language.clone() };
    Answer::page(404, page(&general, &language, Rgb::DEFAULT.palette(None), None, &NONE))
}

fn page(
    general: &General,
    language: &Language,
    palette: Palette,
    home: Option<&Link>,
    words: &Words,
) -> String {
    let say =
        |text: &Shipped| fill(general.text(&LocalText::new(), text, language), &[("shop", &general.name)]);
    let button = words.button.as_ref().map(say);
    let page = LinkPage {
        language,
        shop: (!general.name.is_empty()).then_some((&general.name, home)),
        palette,
        title: &say(&words.title),
        text: &say(&words.text),
        button: button.as_deref(),
    };
    page.html()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_speaks_four_languages_and_names_the_shop() {
        for tag in ["en", "es", "pt-BR", "it"] {
            let language = Language::parse(tag).unwrap();
            let name = "Taller Luz".to_owned();
            let general =
                General { name, languages: vec![language.clone()], default_language: language.clone() };
            for words in [&ASK, &DONE, &NONE] {
                let page = page(&general, &language, Rgb::DEFAULT.palette(None), None, words);
                assert!(!page.contains("{shop}") && page.contains("Taller Luz"), "{page}");
                let own = words.title.in_language(&language).unwrap().replace("{shop}", "Taller Luz");
                assert!(page.contains(&format!("<title>{own}</title>")), "{page}");
            }
        }
    }

    #[test]
    fn who_has_no_link_is_told_so_in_the_browsers_language() {
        let check = |header: Option<&str>, expect: &str| {
            let request = Request { language: header.map(str::to_owned), ..Request::default() };
            let answer = no_link(&request);
            assert_eq!(answer.status, 404);
            let Some(crate::Content::Page(html)) = answer.body else { panic!("no page") };
            assert!(html.contains(expect), "{header:?}");
        };
        check(None, NONE.title.en);
        check(Some("de-DE, it;q=0.8, en;q=0.5"), NONE.title.it);
        check(Some("pt-PT"), NONE.title.pt_br);
        check(Some("es-419,es;q=0.9"), NONE.title.es);
        check(Some("*;;;,\u{202e}"), NONE.title.en);
    }
}
