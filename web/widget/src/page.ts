// What the widget takes from the shop's page: language, direction, light or dark. Shared by loader and panel.

export function language(): string {
  return document.documentElement.lang || navigator.language || "en";
}

/** What the page declares; without a word of it, what its language is written in. */
export function direction(): "rtl" | "ltr" {
  return /^(rtl|(auto)?(ar|he|fa|ur)\b)/i.test(document.documentElement.dir + language()) ? "rtl" : "ltr";
}

/** What the merchant says, else what the page declares, else what the shopper's system prefers. */
export function theme(wish: string | undefined): "dark" | "light" {
  const said = [wish, getComputedStyle(document.documentElement).colorScheme].find((each) => each === "dark" || each === "light");
  return (said as "dark" | "light" | undefined) ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
}
