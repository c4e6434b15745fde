// What the panel hands to what is loaded later.

import { useSignal } from "@preact/signals";
import { Fragment, h } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { fill, primary } from "../strings.js";
import { Avatar } from "./avatar.js";
import { Icon, paths } from "./icons.js";
import { Rich } from "./rich.js";
import { authorName } from "./store.js";
import { startOfDay, tag } from "./times.js";

export const kit = {
  Avatar, Fragment, Icon, Rich, authorName, fill, h, paths, primary, startOfDay, tag, useEffect, useRef, useSignal,
  /** Set by `later.tsx`, which comes before those who need it. */
  wrap: null as never as (event: KeyboardEvent, box: HTMLElement) => void,
};
export type Kit = typeof kit;
