// The shop's own script. It runs before the page is painted for language and theme, and again when the document is there. Language,
// theme and site travel in the address, so that every page can be opened in any of them; only the cart is stored.

import { shops, words } from "./shops.mjs";

type Language = keyof typeof words;

// What the chat is told waits here until it has loaded.
type Chat = { (...call: unknown[]): void; q?: unknown[][] };
const page = window as unknown as { mostrador?: Chat };
page.mostrador ??= (...call) => void (page.mostrador!.q ??= []).push(call);
const chat: Chat = (...call) => page.mostrador?.(...call);

const html = document.documentElement;
const address = new URL(location.href);
const site = html.dataset.shop === "demo-two" ? "demo-two" : "demo";
const shop = shops[site];

// `?site=demo-two` is the second shop's address on the first one's pages.
const wanted = address.searchParams.get("site");
if (wanted && wanted !== site && wanted in shops) {
  const file = address.pathname.split("/").pop() || "index.html";
  const folder = address.pathname.replace(/(two\/)?[^/]*$/, "");
  location.replace(folder + (wanted === "demo-two" ? "two/" : "") + file + address.search);
}

const asked = address.searchParams.get("lang") ?? "";
const language: Language = asked in words ? (asked as Language) : "en";
const t = (key: string): string => (words[language] as Record<string, string>)[key] ?? (words.en as Record<string, string>)[key] ?? key;
html.lang = language === "pt" ? "pt-BR" : language;
html.dir = language === "ar" ? "rtl" : "ltr";
let theme = address.searchParams.get("theme");
if (theme === "dark" || theme === "light") html.dataset.theme = theme;

const money = (euros: number) => new Intl.NumberFormat(html.lang, { style: "currency", currency: "EUR", maximumFractionDigits: 0 }).format(euros);
const all = <T extends HTMLElement>(selector: string) => [...document.querySelectorAll<T>(selector)];

/** An address of this shop in the same language, theme and site. */
function keep(href: string): string {
  const to = new URL(href, location.href);
  for (const name of ["lang", "theme", "site", "consent"]) {
    const value = name === "theme" ? theme : address.searchParams.get(name);
    if (value) to.searchParams.set(name, value);
  }
  return to.href;
}

// Where the page asks, its buttons tell; `?consent=none` is a page that says nothing of it.
const asks = html.dataset.asks !== undefined;
if (!asks && address.searchParams.get("consent") !== "none") chat("consent");

type Cart = Record<string, number>;
const cartKey = `shop:${site}:cart`;
function readCart(): Cart {
  try {
    return JSON.parse(localStorage.getItem(cartKey) ?? "{}") as Cart;
  } catch {
    return {};
  }
}
function writeCart(cart: Cart): void {
  localStorage.setItem(cartKey, JSON.stringify(cart));
  showCart();
  tellCart();
}

const linesOf = (cart: Cart) => shop.products.filter((product) => (cart[product.id] ?? 0) > 0).map((product) => ({ number: product.id, name: t(product.id), quantity: cart[product.id]!, price: product.price }));
const totalOf = (cart: Cart) => linesOf(cart).reduce((sum, { quantity, price }) => sum + quantity * price, 0);
function tellCart(): void {
  const cart = readCart();
  chat("cart", { lines: linesOf(cart), total: totalOf(cart), currency: "EUR" });
}

function showCart(): void {
  const cart = readCart();
  const lines = shop.products.filter((product) => (cart[product.id] ?? 0) > 0);
  const count = lines.reduce((sum, product) => sum + cart[product.id]!, 0);
  const total = lines.reduce((sum, product) => sum + cart[product.id]! * product.price, 0);
  for (const place of all("[data-count]")) {
    place.hidden = count === 0;
    place.textContent = String(count);
  }
  for (const line of all("[data-line]")) {
    const times = cart[line.dataset.line!] ?? 0;
    line.hidden = times === 0;
    line.querySelector("[data-times]")!.textContent = `× ${times}`;
  }
  for (const place of all(".nothing")) place.hidden = count > 0;
  for (const place of all(".sum, [data-checkout]")) place.hidden = count === 0;
  for (const place of all("[data-total]")) place.textContent = money(total);
  for (const place of all("[data-pay]")) place.textContent = t("pay").replace("{total}", money(total));
}

document.addEventListener("DOMContentLoaded", () => {
  for (const place of all("[data-t]")) place.textContent = t(place.dataset.t!);
  for (const place of all("[data-price]")) place.textContent = money(Number(place.dataset.price));
  for (const link of all<HTMLAnchorElement>("a[href]")) if (!link.getAttribute("href")!.startsWith("#")) link.href = keep(link.href);

  const chosen = address.searchParams.get("id") ?? shop.products[0]!.id;
  let title = t(document.querySelector<HTMLElement>("[data-title]")!.dataset.title!);
  for (const product of all("[data-product]")) {
    product.hidden = product.dataset.product !== chosen;
    if (!product.hidden) title = t(chosen);
  }
  document.title = `${title} · ${shop.name}`;

  const select = document.querySelector<HTMLSelectElement>("#language")!;
  select.setAttribute("aria-label", t("language"));
  select.value = language;
  select.onchange = () => {
    address.searchParams.set("lang", select.value);
    location.href = keep(address.href);
  };
  const button = document.querySelector<HTMLButtonElement>("#theme")!;
  const dark = () => (theme ? theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches);
  button.textContent = t(dark() ? "light" : "dark");
  button.onclick = () => {
    theme = dark() ? "light" : "dark";
    address.searchParams.set("theme", theme);
    location.href = address.href;
  };

  for (const add of all<HTMLButtonElement>("[data-add]")) {
    add.onclick = () => {
      const cart = readCart();
      writeCart({ ...cart, [add.dataset.add!]: (cart[add.dataset.add!] ?? 0) + 1 });
      chat("track", "added_to_cart", { value: shop.products.find(({ id }) => id === add.dataset.add)!.price, currency: "EUR" });
      add.textContent = t("added");
      setTimeout(() => (add.textContent = t("add")), 1500);
    };
  }
  for (const remove of all("[data-remove]")) {
    remove.onclick = () => {
      const { [remove.dataset.remove!]: _gone, ...rest } = readCart();
      writeCart(rest);
    };
  }
  const finish = (selector: string, done: (form: HTMLFormElement) => void) => {
    const form = document.querySelector<HTMLFormElement>(selector);
    if (!form) return;
    form.onsubmit = (event) => {
      event.preventDefault();
      done(form);
      form.hidden = true;
      document.querySelector<HTMLElement>(".paid")!.hidden = false;
    };
  };
  finish("#pay", () => {
    // Every order has a number of its own: told twice it is still one.
    chat("track", "order", { value: totalOf(readCart()), currency: "EUR", reference: Date.now().toString(36) });
    writeCart({});
  });
  finish("#measure", () => chat("track", "drawing_wanted"));
  const banner = document.querySelector<HTMLElement>(".consent");
  if (banner) {
    const key = `shop:${site}:consent`;
    const answered = (answer: string) => {
      banner.hidden = true;
      localStorage.setItem(key, answer);
      chat("consent", answer === "yes");
    };
    const before = localStorage.getItem(key);
    if (before) answered(before);
    else banner.hidden = false;
    for (const button of all("[data-consent]")) if (button.tagName === "BUTTON") button.onclick = () => answered(button.dataset.consent!);
  }
  for (const place of all("[data-label]")) if (place !== select) place.setAttribute("aria-label", t(place.dataset.label!));
  showCart();
  tellCart();
});
