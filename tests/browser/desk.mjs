// A conversation as an agent has it before them, on a computer and on a phone, in four languages.
import { signIn } from "./product.mjs";

export const LOOKS = [
  { name: "light" },
  { name: "dark-spanish", locale: "es-ES", colorScheme: "dark" },
  { name: "phone-portuguese", locale: "pt-BR", viewport: { width: 390, height: 780 }, hasTouch: true, isMobile: true },
  { name: "phone-italian-dark", locale: "it-IT", colorScheme: "dark", viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true },
];

/** Somebody's dashboard at a conversation. */
export async function agentAt(t, product, conversation, { name: _, email = "luis@example.com", ...options } = {}) {
  const { context, page } = await product.person({ viewport: { width: 1440, height: 900 }, ...options });
  t.after(() => context.close());
  await signIn(page, product.url, email);
  await page.goto(`${product.url}/dashboard/demo/all/${conversation}`);
  await page.locator('.log[aria-busy="false"]').waitFor();
  return page;
}

/** Opens what is said of the shopper, where there is no room for it beside the thread. */
export async function profileOf(page) {
  if (!(await page.locator(".profile").isVisible())) await page.locator(".thread-profile").click();
  await page.locator(".profile-contents").waitFor();
  return page.locator(".profile");
}

export const fits = (page) => page.evaluate(() => document.documentElement.scrollWidth <= innerWidth);

/** The conversation that this page of the shop will write in, as soon as the server has acknowledged something in it. Ask before the page is opened. */
export const conversationOf = (shop) =>
  new Promise((resolve) =>
    shop.on("websocket", (socket) =>
      socket.on("framereceived", ({ payload }) => {
        const frame = JSON.parse(payload);
        if (frame.type === "ack" && frame.conversation_id) resolve(frame.conversation_id);
      }),
    ),
  );
