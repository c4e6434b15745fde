import { describe, expect, it } from "vitest";
import { attributes, cart, event, group, misuse } from "../src/proactive/calls.js";

function told<T>(run: (warn: (what: string) => void) => T): { read: T; warnings: string[] } {
  const warnings: string[] = [];
  return { read: run((what) => warnings.push(what)), warnings };
}

const nonsense: unknown[] = [undefined, 7, "x", true, [], () => 0, Symbol("x"), 1n, NaN, new Date(), { lines: 7 }, { lines: [null, 7, "x", {}] }, { toString: null }, Object.create(null)];

describe("what a page says of its shopper", () => {
  it("reads a cart as a shop's template writes it", () => {
    const { read, warnings } = told((warn) => cart({ lines: [{ number: 4711, name: "Aura", quantity: "2", price: "148.00" }, { name: "Luna" }], total: 296, currency: "EUR" }, warn));
    expect(read).toEqual({ lines: [{ number: "4711", name: "Aura", quantity: 2, price: 148 }, { number: "", name: "Luna", quantity: 1, price: 0 }], total: 296, currency: "EUR" });
    expect(warnings).toEqual([]);
    expect(told((warn) => cart(null, warn)).read).toEqual({ lines: [] });
  });

  it("keeps what is right of a cart and says what is not", () => {
    const { read, warnings } = told((warn) => cart({ lines: [{ name: "Aura", quantity: -1, price: "dear", sku: "x" }], sum: 3, currency: "euros" }, warn));
    expect(read).toEqual({ lines: [{ number: "", name: "Aura", quantity: 0, price: 0 }] });
    expect(warnings.join("\n")).toMatch(/no "sum".*lines, total, currency/s);
    expect(warnings.join("\n")).toMatch(/no "sku"/);
    expect(warnings.join("\n")).toMatch(/quantity is a number and not below 0/);
    expect(warnings.join("\n")).toMatch(/price is a number/);
    expect(warnings.join("\n")).toMatch(/three letters, such as EUR/);
  });

  it("sends a sensible part of a cart of 10,000 lines", () => {
    const lines = Array.from({ length: 10_000 }, (_, n) => ({ name: `lamp ${n}`.padEnd(5000, "x"), price: 1 }));
    const { read, warnings } = told((warn) => cart({ lines, total: 10_000 }, warn));
    expect(read!.lines!.length).toBe(500);
    expect(JSON.stringify(read).length).toBeLessThan(300_000);
    expect(warnings).toEqual(["cart: only the first 500 of 10000 lines are looked at"]);
  });

  it("adds attributes, takes them back by null, and leaves out what has no place in them", () => {
    const { read, warnings } = told((warn) => attributes({ plan: "gold", orders: 3, vip: true, old: null, "no name": 1, list: [1], nan: NaN }, { old: "x", kept: 1 }, warn));
    expect(read).toEqual({ kept: 1, plan: "gold", orders: 3, vip: true });
    expect(warnings.length).toBe(3);
  });

  it("reads an event with what it is worth", () => {
    expect(told((warn) => event("order", { value: "49.90", currency: "EUR", reference: 1001 }, warn))).toEqual({ read: { name: "order", value: 49.9, currency: "EUR", reference: "1001" }, warnings: [] });
    expect(told((warn) => event("added_to_cart", undefined, warn))).toEqual({ read: { name: "added_to_cart" }, warnings: [] });
    const wrong = told((warn) => event("Order placed!", {}, warn));
    expect(wrong.read).toBeUndefined();
    expect(wrong.warnings).toEqual(['track: "Order placed!" cannot be an event\'s name; 1 to 40 of a-z, 0-9, _ and - are']);
  });

  it("never throws, whatever it is given", () => {
    for (const each of [null, ...nonsense]) {
      told((warn) => cart(each, warn));
      told((warn) => attributes(each, {}, warn));
      told((warn) => event(each, each, warn));
      told((warn) => event("order", each, warn));
      told((warn) => group(each, warn));
      for (const name of ["on", "identify", "consent", "opne"]) misuse(name, [each, each]);
    }
  });

  it("says what is there when it is called by a wrong name, or wrongly", () => {
    expect(misuse("opne", [])).toMatch(/there is no "opne"; there are open, close, on/);
    expect(misuse("on", ["mesage", () => 0])).toMatch(/"message", "open", "close" or "identity"/);
    expect(misuse("identify", ["4711"])).toMatch(/\{ token \} or/);
    expect(misuse("consent", ["yes"])).toMatch(/true or false/);
    for (const [name, ...rest] of [["open"], ["on", "message", () => 0], ["identify", null], ["identify", { token: "x" }], ["consent"], ["consent", false], ["page"]] as [string, ...unknown[]][]) expect(misuse(name, rest)).toBeUndefined();
  });
});
