// What the widget takes from the shop's page: language, direction, light or dark. Shared by loader and panel.

export function language(): string {
  return document.documentElement.lang || navigator.language || "en";
}

export function direction(): "rtl" | "ltr" {
  const declared = document.documentElement.dir;
  if (declared === "rtl" || declared === "ltr") return declared;
  return /^(ar|he|fa|ur)\b/i.test(language()) ? "rtl" : "ltr";
}

/** What the merchant says, else what the page declares, else what the shopper's system prefers. */
export function theme(wish: string | undefined): "dark" | "light" {
  const said = wish === "dark" || wish === "light" ? wish : getComputedStyle(document.documentElement).colorScheme;
  if (said === "dark" || said === "light") return said;
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}
