// What the panel hands to what is loaded later.

import { signal, useSignal } from "@preact/signals";
import { Fragment, h } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { fill, primary } from "../strings.js";
import { Avatar } from "./avatar.js";
import { Icon, paths } from "./icons.js";
import { Rich } from "./rich.js";
import { authorName, type Store } from "./store.js";
import { clock, startOfDay, tag } from "./times.js";

const given = {
  Avatar, Fragment, Icon, Rich, authorName, clock, fill, h, paths, primary, signal, startOfDay, tag, useEffect, useRef, useSignal,
  /** The shop's own words: with pictures once `later.tsx` is there. */
  said: Rich as (props: { store: Store; text: string }) => h.JSX.Element,
};

export type Kit = typeof given & {
  /** Set by `later.tsx`, which comes before those who need it. */
  wrap(event: KeyboardEvent, box: HTMLElement): void;
  /** Said above everything: see `resume.tsx`. */
  strip?: (props: { store: Store }) => h.JSX.Element | null;
};
export const kit = given as Kit;
