import { expect, it } from "vitest";
import { accentFrom, contrastOf, READABLE, readableOn } from "../src/colour.js";

const colours = ["#000000", "#ffffff", "#ff0000", "#ffff00", "#00ff00", "#0000ff", "#f97316", "#facc15", "#0f766e", "#7c3aed", "#808080", "#ec4899", "#22c55e", "#e5e5e5"];
for (let n = 0; n < 300; n++) colours.push(`#${((n * 7919 * 104_729) % 0x1000000).toString(16).padStart(6, "0")}`);

it("UX28 text on the merchant's colour reaches 4.5:1, whatever was chosen", () => {
  for (const colour of colours) {
    const { accent, onAccent } = accentFrom(colour);
    expect(contrastOf(accent, onAccent === "#fff" ? "#ffffff" : onAccent), colour).toBeGreaterThanOrEqual(READABLE);
  }
});

it("UX28 text in the merchant's colour reaches 4.5:1 on light and on dark", () => {
  for (const surface of ["#f4f2ef", "#ffffff", "#2c2926"]) {
    for (const colour of colours) expect(contrastOf(readableOn(colour, surface), surface), `${colour} on ${surface}`).toBeGreaterThanOrEqual(READABLE);
  }
});

it("leaves alone what is readable already", () => {
  expect(accentFrom("#0f766e")).toEqual({ accent: "#0f766e", onAccent: "#fff" });
  expect(accentFrom("#facc15").accent).toBe("#facc15");
});

it("takes our own colour for what is none", () => {
  for (const none of ["", "red", "#12345", "url(x)"]) expect(accentFrom(none).accent).toBe("#0f766e");
  expect(accentFrom("#fff").accent).toBe("#ffffff");
});
