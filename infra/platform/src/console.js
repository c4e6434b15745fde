const text = (tag, value) => Object.assign(document.createElement(tag), { textContent: value });
const row = (cells) => { const tr = document.createElement("tr"); tr.append(...cells.map((cell) => text("td", cell))); return tr; };
const money = (dollars) => "$" + dollars.toFixed(6);
async function refresh() {
  const n = await (await fetch("/platform/numbers.json")).json();
  const card = (label, value) => { const div = document.createElement("div"); div.append(text("b", value), text("span", label)); return div; };
  const total = n.cost.lambda + n.cost.dynamodb + n.cost.api_gateway;
  document.getElementById("totals").replaceChildren(
    card("connections open", n.connections), card("frames in, posts out", n.frames + " / " + n.posts), card("HTTP requests", n.http_requests),
    card("read / write units", n.read_units.toFixed(1) + " / " + n.write_units.toFixed(0)), card("cost so far", money(total)),
    card("Lambda, table, gateway", [n.cost.lambda, n.cost.dynamodb, n.cost.api_gateway].map(money).join(" ")));
  document.getElementById("functions").replaceChildren(...n.functions.map((f) =>
    row([f.name, f.invocations, f.errors, f.cold, f.processes, f.p50.toFixed(1) + " ms", f.p99.toFixed(1) + " ms"])));
  document.getElementById("operations").replaceChildren(...Object.entries(n.operations).map(([name, calls]) => row([name, calls])));
}
refresh(); setInterval(refresh, 2000);
