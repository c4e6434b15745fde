import { expect, it } from "vitest";
import { whoIs } from "../src/panel/identity.js";

const token = (payload: object) => `e30.${btoa(String.fromCharCode(...new TextEncoder().encode(JSON.stringify(payload)))).replace(/\+/g, "-").replace(/\//g, "_")}.x`;

it("C5 tells customers apart by what the page says, however often their token changes", () => {
  expect(whoIs({ customer_id: "4711", hash: "aa" })).toBe("4711");
  expect(whoIs({ token: token({ sub: "4711", exp: 1 }) })).toBe("4711");
  expect(whoIs({ token: token({ sub: "4711", exp: 2 }) })).toBe("4711");
  expect(whoIs({ token: token({ sub: "ñ>?", exp: 2 }) })).toBe(whoIs({ token: token({ exp: 3, sub: "ñ>?" }) }));
  expect(whoIs({ token: "no token" })).toBe("no token");
});
