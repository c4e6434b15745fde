// What the panel hands to what is loaded later.

import { h } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Avatar } from "./avatar.js";
import { Icon } from "./icons.js";
import { authorName } from "./store.js";

export const kit = { Avatar, Icon, authorName, h, useEffect, useRef };
export type Kit = typeof kit;
