// The same file holds `shared/mail` to what the thread shows.
import { describe, expect, it } from "vitest";
import cases from "../../../tests/fixtures/rich.json";
import { inWords, picture, pictured, rich, type Span } from "../src/index.js";

function span(span: Span): string {
  switch (span.type) {
    case "bold":
      return `[b ${span.text}]`;
    case "italic":
      return `[i ${span.text}]`;
    case "link":
      return span.text === span.href ? `[a ${span.text}]` : `[a ${span.text} → ${span.href}]`;
    case "text":
      return span.text;
  }
}

const line = (spans: readonly Span[]) => spans.map(span).join("");
const drawn = (text: string) => rich(text).map((block) => (block.type === "list" ? block.items.map((item) => `- ${line(item)}`).join("/") : block.lines.map(line).join("/"))).join(" | ");
const shopDrawn = (text: string) => pictured(text).map((part) => (typeof part === "string" ? drawn(part) : `[img ${part.shows} → ${part.href}]`)).join(" | ");

describe("a text", () => {
  it.each(cases as { text: string; drawn: string; pictured?: string }[])("$text", ({ text, drawn: expected, pictured: shop }) => {
    expect(drawn(text)).toBe(expected);
    expect(shopDrawn(text)).toBe(shop ?? expected);
  });

  it("has pictures of a bounded size only", () => {
    const start = "https://a.example/";
    const of = (length: number) => `![a](${start}${"x".repeat(length - start.length)})`;
    expect(picture(of(500))).not.toBeNull();
    expect(picture(of(501))).toBeNull();
  });

  it("says in words what a picture shows where none can stand", () => {
    expect(inWords("New:\n![A lamp](https://a.example/l.png)\n![no](http://x)")).toBe("New:\nA lamp\n![no](http://x)");
  });
});
