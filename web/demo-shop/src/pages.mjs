// The shop's pages as text. Each is a real document: going from one to the next is a real navigation.

import { art } from "./art.mjs";
import { words } from "./shops.mjs";

const policy = [
  "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data: https:", "connect-src 'self' ws: wss:", "manifest-src 'self'",
  "base-uri 'none'", "form-action 'self'", "require-trusted-types-for 'script'", "trusted-types 'none'",
].join("; ");

const t = (key, tag = "span") => `<${tag} data-t="${key}"></${tag}>`;
const price = (euros) => `<span class="price" data-price="${euros}"></span>`;
const card = (product) => `<a class="card" href="product.html?id=${product.id}">${art[product.art](product.color, product.tint)}<span class="card-text"><b data-t="${product.id}"></b>${price(product.price)}</span></a>`;

/** The words in English from the start, so that nothing jumps when the script comes; it puts in the others. */
const inEnglish = (text) =>
  text
    .replace(/( data-t="([^"]+)"[^>]*)><\//g, (_, tag, key) => `${tag}>${words.en[key]}</`)
    .replace(/( data-price="(\d+)"[^>]*)><\//g, (_, tag, euros) => `${tag}>€${euros}</`);

/** `asks`: nothing is told to the chat before the shopper has agreed; elsewhere the demo takes it that they have. */
function page(shop, { name, title, main, asks = false }) {
  const up = shop.folder ? "../" : "";
  return inEnglish(`<!doctype html>
<html lang="en" data-shop="${shop.site}"${asks ? " data-asks" : ""}>
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="strict-origin-when-cross-origin">
<title data-title="${title}">${shop.name}</title>
<link rel="icon" href="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E%3Ccircle cx='16' cy='16' r='14' fill='${encodeURIComponent(shop.accent)}'/%3E%3Ccircle cx='16' cy='18' r='6' fill='%23ffe9b0'/%3E%3C/svg%3E">
<link rel="stylesheet" href="${up}shop.css">
<script src="${up}shop.js"></script>
<script async src="/widget/loader.js" data-site="${shop.site}"${asks ? ' data-consent="required"' : ""}></script>
</head>
<body>
<a class="skip" href="#main" data-t="skip"></a>
<header>
<p class="notice"><span data-t="delivery"></span> · <span data-t="returns"></span></p>
<div class="top">
<a class="brand" href="index.html"><i></i>${shop.name}</a>
<nav aria-label="${shop.name}"><a href="index.html"${name === "home" ? ' aria-current="page"' : ""} data-t="shop"></a><a href="about.html"${name === "about" ? ' aria-current="page"' : ""} data-t="about"></a><a href="cart.html"${name === "cart" ? ' aria-current="page"' : ""}><span data-t="cart"></span> <b class="count" data-count hidden></b></a></nav>
<div class="tools"><select id="language" data-label="language">${[["en", "English"], ["es", "Español"], ["pt", "Português"], ["it", "Italiano"], ["ar", "العربية"]].map(([code, label]) => `<option value="${code}">${label}</option>`).join("")}</select><button type="button" id="theme">Dark</button></div>
</div>
</header>
<main id="main">${main}</main>
<footer><div><b>${shop.name}</b>${t(`${shop.key}.tag`, "p")}</div><p>${[["contact", "contactUs"], ["landing", "landing"], ["custom", "custom"], ["privacy", "privacyPage"]].map(([file, key]) => `<a href="${file}.html" data-t="${key}"></a>`).join(" · ")}</p></footer>
${asks ? `<div class="consent" role="region" data-label="privacyPage" hidden>${t("consentText", "p")}<button type="button" class="button" data-consent="yes" data-t="consentYes"></button><button type="button" data-consent="no" data-t="consentNo"></button></div>` : ""}
</body>
</html>
`);
}

export function pages(shop) {
  const grid = `<section class="goods"><h2 data-t="all"></h2><div class="grid">${shop.products.map(card).join("")}</div></section>`;
  return {
    "index.html": page(shop, {
      name: "home",
      title: `${shop.key}.tag`,
      main: `<section class="hero"><div>${t(`${shop.key}.tag`, "p")}${t(`${shop.key}.hero`, "h1")}${t(`${shop.key}.text`, "p")}<a class="button" href="product.html?id=${shop.products[0].id}" data-t="${shop.products[0].id}"></a></div>${art[shop.hero](shop.products[0].color, shop.tint)}</section>${grid}`,
    }),
    "product.html": page(shop, {
      name: "product",
      title: "shop",
      main: `${shop.products.map((product) => `<article class="product" data-product="${product.id}" hidden>${art[product.art](product.color, product.tint)}<div><h1 data-t="${product.id}"></h1><p class="lead" data-t="${product.id}.t"></p>${price(product.price)}<button type="button" class="button" data-add="${product.id}" data-t="add"></button><ul>${t("delivery", "li")}${t("returns", "li")}${t("help", "li")}</ul></div></article>`).join("")}${grid}`,
    }),
    "cart.html": page(shop, {
      name: "cart",
      title: "cart",
      main: `<section class="narrow"><h1 data-t="cart"></h1><ul class="lines">${shop.products.map((product) => `<li data-line="${product.id}" hidden>${art[product.art](product.color, product.tint)}<div><b data-t="${product.id}"></b>${price(product.price)}</div><span class="times" data-times></span><button type="button" data-remove="${product.id}" data-t="remove"></button></li>`).join("")}</ul><p class="nothing" hidden><span data-t="empty"></span> <a href="index.html" data-t="browse"></a></p><p class="sum" hidden>${t("total")} <b data-total></b></p><a class="button" href="checkout.html" data-checkout hidden data-t="toCheckout"></a></section>`,
    }),
    "checkout.html": page(shop, {
      name: "checkout",
      title: "checkout",
      main: `<section class="narrow"><h1 data-t="checkout"></h1><form id="pay">${[["name", "name"], ["email", "email"], ["address", "street-address"], ["city", "address-level2"]].map(([field, auto]) => `<label>${t(field)}<input name="${field}" autocomplete="${auto}"${field === "email" ? ' type="email"' : ""} required></label>`).join("")}<button class="button" data-pay></button></form><p class="paid" role="status" hidden data-t="paid"></p></section>`,
    }),
    "about.html": page(shop, {
      name: "about",
      title: "about",
      main: `<section class="story">${art[shop.products[1].art](shop.products[1].color, shop.products[1].tint)}<div><h1 data-t="about"></h1><p data-t="${shop.key}.about"></p><h2 data-t="contact"></h2><p data-t="help"></p><p>hola@${shop.key === "luz" ? "tallerluz" : "casaverde"}.example · Carrer de la Llum 12, València</p></div></section>`,
    }),
    "contact.html": page(shop, {
      name: "contact",
      title: "contact",
      main: `<section class="narrow">${t("contactUs", "h1")}${t("contactText", "p")}<p>${t("phone")}: +34 960 000 000<br>${t("hours")}</p><p>hola@${shop.key === "luz" ? "tallerluz" : "casaverde"}.example</p></section>`,
    }),
    // Where an advertisement leads: longer than a screen.
    "landing.html": page(shop, {
      name: "landing",
      title: "landing",
      main: `<section class="hero"><div>${t(`${shop.key}.tag`, "p")}${t("landing", "h1")}${t("landingText", "p")}<a class="button" href="product.html?id=${shop.products[2].id}" data-t="${shop.products[2].id}"></a></div>${art[shop.products[2].art](shop.products[2].color, shop.tint)}</section>${grid}<section class="narrow">${t("why", "h2")}${t("whyText", "p")}</section>`,
    }),
    "custom.html": page(shop, {
      name: "custom",
      title: "custom",
      main: `<section class="narrow">${t("custom", "h1")}${t("customText", "p")}<form id="measure">${["name", "email", "room", "ceiling", "colour", "shade", "cable", "dimmer", "budget", "date", "wishes"].map((field) => `<label>${t(field)}<input name="${field}"></label>`).join("")}<button class="button" data-t="ask"></button></form><p class="paid" role="status" hidden data-t="asked"></p></section>`,
    }),
    "privacy.html": page(shop, {
      name: "privacy",
      title: "privacyPage",
      asks: true,
      main: `<section class="narrow">${t("privacyPage", "h1")}${t("privacyText", "p")}</section>${grid}`,
    }),
  };
}
