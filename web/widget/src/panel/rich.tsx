import { Fragment, h } from "preact";
import { onlyEmoji, rich, type Span } from "@mostrador/protocol";

/** A message's text as elements. Never markup: what a person wrote stays text. */
export function Rich({ text }: { text: string }) {
  if (onlyEmoji(text)) return <span class="emoji">{text}</span>;
  return (
    <>
      {rich(text).map((block) =>
        block.type === "list" ? (
          <ul>
            {block.items.map((item) => (
              <li>{item.map(span)}</li>
            ))}
          </ul>
        ) : (
          block.lines.map((line, n) => (
            <>
              {n > 0 && <br />}
              {line.map(span)}
            </>
          ))
        ),
      )}
    </>
  );
}

function span(span: Span) {
  switch (span.type) {
    case "link":
      return (
        <a href={span.href} target="_blank" rel="noopener noreferrer nofollow ugc">
          {span.text}
        </a>
      );
    case "bold":
      return <strong>{span.text}</strong>;
    case "italic":
      return <em>{span.text}</em>;
    default:
      return span.text;
  }
}
