import type { BotAt, BotState, Entry, OfferedButton } from "@mostrador/protocol";
import { describe, expect, it } from "vitest";
import served from "../../../tests/fixtures/protocol/server.json";
import { type Choice, concerns, type Offered, offered, readChoice } from "../src/panel/bot-state.js";

type Log = NonNullable<Parameters<typeof offered>[0]>;

const order: OfferedButton = { id: "order", label: "My order" };
const buy: OfferedButton = { id: "buy", label: "Something to buy" };
const entry = (author: Entry["author"]["role"], more: Partial<Entry>): Entry => ({ log: "thread", seq: 1, thread_at: 1, at: 0, author: author === "agent" ? { role: "agent", id: "agt_1", name: "Ana" } : { role: author }, kind: "message", text: "…", ...more }) as Entry;
const bot = (turn?: number, buttons?: OfferedButton[]) => entry("system", { bot: { scenario: "help", step: "s1", ...(turn !== undefined && { turn }), ...(buttons && { buttons }) } });
const asks = (turn: number, ...buttons: OfferedButton[]) => bot(turn, buttons.length > 0 ? buttons : [order, buy]);
const words = bot();
const shopper = entry("shopper", { text: "My order" });
const agent = entry("agent", { text: "Here I am" });
const log = (state: BotState | undefined, closed = false): Log => ({ id: "conv_1", closed, head: { numbers: { t: 9, b: 0 }, status: "open", began_at: 0, participants: [], ...(state && { bot: state }) } }) as Log;
const buttons = (turn: number, conversation: string | null = "conv_1"): Offered => ({ conversation, turn, buttons: [order, buy], restart: false });
const again = (turn: number): Offered => ({ conversation: "conv_1", turn, buttons: [], restart: true });

describe("what is offered", () => {
  const cases: [string, Log | null, Entry[], Offered | null][] = [
    ["nothing, before anybody has said anything", null, [], null],
    ["nothing, where no bot has spoken before the conversation", null, [agent], null],
    ["a bot's buttons before there is a conversation", null, [asks(1)], buttons(1, null)],
    ["the last of its words' alone", null, [words, asks(1)], buttons(1, null)],
    ["none after words that ask nothing", null, [words], null],
    ["none when its last words have none, whatever those before had", null, [asks(1), words], null],
    ["buttons below a message in somebody's name", null, [agent, asks(1)], buttons(1, null)],

    ["the buttons of the turn that the head is at", log({ turn: 3, at: "buttons" }), [asks(1), shopper, asks(3)], buttons(3)],
    ["none of a turn that is over, before the next words have come", log({ turn: 3, at: "buttons" }), [asks(1)], null],
    ["none of a turn that the head has not heard of yet", log({ turn: 1, at: "buttons" }), [asks(1), shopper, asks(3)], null],
    ["nothing while the head is not known to have a bot", log(undefined), [asks(1)], null],
    ["none of a conversation that is closed", log({ turn: 3, at: "buttons" }, true), [asks(3)], null],
    ["the buttons also below what the shopper has chosen before", log({ turn: 2, at: "buttons" }), [asks(1), shopper, words, asks(2)], buttons(2)],
    ["nothing of a conversation in which no bot has spoken", log(undefined), [shopper, agent], null],

    ["to begin again after an end that offers it, with the turn of the end", log({ turn: 4, at: "ended", restart: true }), [asks(1), shopper, words], again(4)],
    ["also where the end had no words of its own", log({ turn: 4, at: "ended", restart: true }), [asks(1), shopper], again(4)],
    ["nothing after an end that does not offer it", log({ turn: 4, at: "ended" }), [asks(1), shopper, words], null],
    ["nothing after an end that says so outright", log({ turn: 4, at: "ended", restart: false }), [words], null],
    ["not to begin again what is closed", log({ turn: 4, at: "ended", restart: true }, true), [words], null],
    ["the new buttons once it has begun again", log({ turn: 5, at: "buttons" }), [asks(1), shopper, words, shopper, asks(5)], buttons(5)],
    ["none of the first round then, before the words of the second are there", log({ turn: 5, at: "buttons" }), [asks(1), shopper, words], null],
  ];
  for (const [name, of, thread, expected] of cases) it(name, () => expect(offered(of, thread)).toEqual(expected));

  for (const at of ["asking", "handed_over", "silent"] satisfies BotAt[]) {
    it(`nothing while the bot is ${at}, even of the turn at which it stands`, () => {
      expect(offered(log({ turn: 3, at }), [asks(3)])).toBeNull();
      // What a restart needs is an end.
      expect(offered(log({ turn: 3, at, restart: true }), [asks(3)])).toBeNull();
    });
  }

  it("in the order and with the words in which they were offered, those of one button as well", () => {
    expect(offered(null, [asks(1, buy)])!.buttons).toEqual([buy]);
    const ten = Array.from({ length: 10 }, (_, n) => ({ id: `b${n}`, label: `Number ${n}` }));
    expect(offered(log({ turn: 2, at: "buttons" }), [asks(2, ...ten)])!.buttons).toEqual(ten);
  });

  it("what the fixtures show of a bot is understood", () => {
    type Frame = { type: string; entries?: Entry[]; head?: Log["head"] };
    const frames = (served as unknown as Frame[]).filter((frame) => frame.type === "entries" && frame.head?.bot);
    const [handed, ended] = frames as [Frame, Frame];
    const fold = (frame: Frame) => ({ id: "conv_1", closed: false, head: frame.head }) as Log;
    expect(offered(fold(handed), handed.entries!)).toBeNull();
    // As it was before the choice.
    const before = handed.entries!.slice(0, 1);
    const { turn, buttons } = before[0]!.bot!;
    expect(offered(log({ turn: turn!, at: "buttons" }), before)).toEqual({ conversation: "conv_1", turn, buttons, restart: false });
    expect(offered(fold(ended), handed.entries!)).toEqual(again(5));
  });
});

describe("a choice that is on its way", () => {
  const id = "018f3b1e-7c1a-7000-8000-000000000001";
  const first: Choice = { id, conversation: null, turn: 1, button: "order", begin: { opening: { scenario: "help", version: 1, step: "s1" } } };
  const third: Choice = { id, conversation: "conv_1", turn: 3, button: "buy" };
  const restart: Choice = { id, conversation: "conv_1", turn: 4, button: null };

  it("concerns the turn and the conversation that it was made in, and nothing else", () => {
    const now = { first: buttons(1, null), third: buttons(3), again: again(4) };
    const matches = (choice: Choice) => Object.entries(now).flatMap(([name, offer]) => (concerns(choice, offer) ? [name] : []));
    expect(matches(first)).toEqual(["first"]);
    expect(matches(third)).toEqual(["third"]);
    expect(matches(restart)).toEqual(["again"]);
  });

  it("is over once another turn stands, the conversation is another, or nothing is offered", () => {
    for (const now of [buttons(4), buttons(2), { ...buttons(3), conversation: "conv_2" }, buttons(3, null), null]) expect(concerns(third, now)).toBe(false);
    expect(concerns(null, buttons(3))).toBe(false);
    expect(concerns(null, null)).toBe(false);
  });

  it("a button is no restart and a restart no button, of the same turn", () => {
    expect(concerns(restart, buttons(4))).toBe(false);
    expect(concerns({ ...third, turn: 4 }, again(4))).toBe(false);
  });

  it("from beginning to end: each tab and each reload comes to the same", () => {
    const [one, two, three] = [asks(1), asks(2), asks(3)];
    // In the order in which a page may hear of it: the choice is kept, then what follows from it comes.
    const story: [Log | null, Entry[], Choice | null, boolean][] = [
      [null, [one], null, false],
      [null, [one], first, true],
      [log({ turn: 2, at: "buttons" }), [one, shopper, two], first, false],
      [log({ turn: 2, at: "buttons" }), [one, shopper, two], { ...third, turn: 2 }, true],
      // Another tab was quicker: what it chose stands, and this tab's choice is about nothing any more.
      [log({ turn: 3, at: "buttons" }), [one, shopper, two, shopper, three], { ...third, turn: 2 }, false],
      [log({ turn: 3, at: "silent" }), [one, shopper, two, shopper, three, agent], third, false],
    ];
    for (const [of, thread, choice, concerned] of story) {
      const now = offered(of, thread);
      expect(concerns(choice, now)).toBe(concerned);
      // A reload knows the same entries and what it kept: as text.
      const reloaded = offered(structuredClone(of), structuredClone(thread));
      expect(reloaded).toEqual(now);
      expect(concerns(readChoice(JSON.stringify(choice)), reloaded)).toBe(concerned);
    }
  });

  it("A20 is read back as it was kept, and nothing else is believed", () => {
    for (const good of [first, third, restart]) expect(readChoice(JSON.stringify(good))).toEqual(good);
    const { conversation: _, ...nowhere } = third;
    const { button: __, ...nothing } = third;
    const bad: unknown[] = [
      null, 7, "x", [], {}, { ...third, id: undefined }, { ...third, id: "x" }, { ...third, id: `${id} ` }, { ...third, id: id.toUpperCase() }, { ...third, id: { length: 36 } }, nowhere, { ...third, conversation: 7 }, { ...third, conversation: {} },
      { ...third, turn: "3" }, { ...third, turn: 1.5 }, { ...third, turn: null }, { ...third, turn: 2 ** 53 }, nothing, { ...third, button: 7 }, { ...third, button: ["buy"] }, { ...first, begin: "x" }, { ...first, begin: null }, { ...first, begin: 7 },
    ];
    for (const one of bad) expect(readChoice(JSON.stringify(one)), JSON.stringify(one)).toBeNull();
    for (const text of [null, "", "{", "undefined", "[1,2", "{}}"]) expect(readChoice(text), String(text)).toBeNull();
  });
});
