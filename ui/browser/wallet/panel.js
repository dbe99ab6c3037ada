// What a panel shows of the session, and reports to Python.
const short = (hex) => `${hex.slice(0, 6)}…${hex.slice(-4)}`;

// In one order, so that equal reports are equal texts.
function canonical(report) {
  const { wish = null, hash = null, why = null, since = null, earlier = null } = report?.outcome ?? {};
  const { account = null, chain = null, wallet = null, signed = {}, strayed } = report ?? {};
  const stray = [strayed?.hash ?? null, strayed?.what ?? null, strayed?.sender ?? null];
  return JSON.stringify([account, chain, wallet, wish, hash, why, since, earlier, Object.entries(signed).sort(), ...stray]);
}

function outcome(order) {
  if (!order) return null;
  const { wish } = order;
  const { hash, since, earlier, unsettled } = progress(wish) ?? {};
  if (hash) return { wish, hash, since, earlier };
  if (unsettled) return { wish, since, why: "unsettled" };
  return session.outcome?.wish === wish ? session.outcome : null;
}

// Of a wallet that answered, but not with a hash.
const FAILED = "It may be on its way nevertheless: look into the wallet's activity before you sign anew.";
const lostAnswer = (what) =>
  `Your wallet was asked${what ? ` to confirm ${what}` : ""}, and its answer did not reach this page. If you confirmed there, ` +
  "the transaction is on its way: look into the wallet's activity, or close its prompt, before you sign anew.";

const ended = (words) => `${words}${/[.!?]$/.test(words) ? "" : "."} `;

// The page's own address, without what makes it a part of another.
function alone() {
  const url = new URL(window.location.href);
  for (const name of ["embed", "embed_options"]) url.searchParams.delete(name);
  return url.href;
}

// What the panel says, and which of its parts it shows.
function view({ network, order, embedded }) {
  if (FRAMED || embedded) {
    const why = "Inside another page no wallet is offered, as what you sign could be hidden there. Open this page by itself.";
    return { message: why, tone: "warn", open: true };
  }
  const { account, attempt, settled, wallets } = session;
  const at = (order && progress(order.wish)) ?? {};
  const parts = account ? { who: true, other: true } : { choices: settled, look: settled && wallets.length === 0 };
  const say = (message, more) => ({ ...parts, message, ...more });
  if (at.hash) return { who: Boolean(account), message: `Sent as ${at.hash}`, tone: "good" };
  if (at.unsettled) return say(session.note ? ended(session.note) + FAILED : lostAnswer(""), { tone: "warn", clear: true });
  const earlier = unanswered(order);
  if (earlier) return say(lostAnswer(`an earlier request (${earlier.what})`), { tone: "warn", clear: true });
  if (account) return { ...parts, ...next(network, order) };
  if (session.searching || !settled) return say("Looking for a wallet in this browser.", { look: false });
  if (attempt && !attempt.quietly) return say(`Answer the prompt of ${attempt.wallet.name}.`);
  if (session.note) return say(session.note, { tone: "warn" });
  if (wallets.length) return say("Connecting shows this page your address. It signs nothing.");
  return say("No wallet found in this browser. Unlock or install one and look again. On a phone, press Copy link above and open that link in your wallet app.", { tone: "warn" });
}

// Of a wallet that is connected: the one next thing to do.
function next(network, order) {
  const { chain, chosen, busy, note } = session;
  if (busy?.what === "account") return { choose: true, message: `${chosen.name} asks which account this page may use.` };
  if (busy?.what === "switch") return { switch: true, message: `${chosen.name} asks you to switch the network.` };
  if (busy && busy.order.wish !== order?.wish) {
    const earlier = `${chosen.name} still asks you to confirm an earlier request (${busy.order.what}), not what is shown here.`;
    return { message: `${earlier} Decline it there if you do not want it.`, tone: "warn" };
  }
  if (busy) return { sign: true, message: `${chosen.name} asks you to confirm. Nothing is sent until you do.` };
  const warn = (message) => ({ message: note ?? message, tone: note || message ? "warn" : "" });
  if (chain !== network.chain) {
    const on = chain ? `chain ${chain}` : "an unknown chain";
    return { switch: true, ...warn(`${chosen.name} is on ${on}. Needed is ${network.name}, chain ${network.chain}.`) };
  }
  if (order && order.transaction.from !== accountFor(order)) {
    const meant = short(order.transaction.from);
    return { choose: true, ...warn(`This was prepared for ${meant}, which the wallet does not let this page use yet.`) };
  }
  return { sign: Boolean(order?.mayBeSigned), ...warn("") };
}

function choices(box) {
  const names = session.wallets.map((wallet) => wallet.name);
  const labels = session.wallets.map(({ name, id }, place) =>
    names.indexOf(name) === names.lastIndexOf(name) ? name : `${name} (${id || place + 1})`,
  );
  if (box.dataset.drawn !== JSON.stringify(labels)) {
    box.dataset.drawn = JSON.stringify(labels);
    box.replaceChildren(
      ...session.wallets.map((wallet, place) => {
        const button = document.createElement("button");
        button.type = "button";
        if (wallet.icon) button.append(picture(wallet.icon));
        button.append(`Connect ${labels[place]}`);
        button.onclick = () => connect(wallet);
        return button;
      }),
    );
  }
  [...box.children].forEach((button, place) =>
    disable(button, session.attempt?.wallet === session.wallets[place] && !session.attempt.quietly),
  );
}

function picture(icon) {
  const image = document.createElement("img");
  image.alt = "";
  image.src = icon;
  image.onerror = () => image.remove();
  return image;
}

// Not the attribute `disabled`: a button that is asked to wait keeps the keyboard's focus.
const disable = (button, off) => button.setAttribute("aria-disabled", String(Boolean(off)));

function draw(root, data) {
  const shown = view(data);
  const at = (name) => root.querySelector(`.${name}`);
  const focused = root.getRootNode().activeElement;
  const put = (element, words) => element.textContent !== words && (element.textContent = words);
  at("who").hidden = !shown.who;
  if (shown.who) {
    put(at("name"), session.chosen.name);
    put(at("account"), accountFor(data.order));
    const icon = session.chosen.icon ?? "";
    if (at("icon").dataset.drawn !== icon) {
      at("icon").dataset.drawn = icon;
      at("icon").replaceChildren(...(icon ? [picture(icon)] : []));
    }
  }
  put(at("message"), shown.message ?? "");
  at("message").dataset.tone = shown.tone ?? "";
  choices(at("choices"));
  at("choices").hidden = !shown.choices;
  put(at("switch"), `Switch to ${data.network.name}`);
  put(at("sign"), data.order?.label ?? "");
  put(at("choose"), data.order ? `Use ${short(data.order.transaction.from)}` : "");
  at("open").hidden = !shown.open;
  if (shown.open) at("open").href = alone();
  for (const name of ["switch", "choose", "sign", "clear", "look", "other"]) {
    at(name).hidden = !shown[name];
    disable(at(name), session.busy);
  }
  // What had the focus may be gone: it goes to the panel, never to another button by itself.
  const lost = focused && (!focused.isConnected || (root.contains(focused) && focused.closest("[hidden]")));
  if (lost) at("wallet").focus();
}

export default function (component) {
  const root = component.parentElement;
  let panel = panels.get(root);
  if (!panel) {
    panel = { reported: undefined };
    panels.set(root, panel);
  }
  panel.component = component; // the newest data and setters
  panel.update = () => {
    const { data, setStateValue } = panel.component;
    draw(root, data);
    if (!session.settled) return;
    const { chain, chosen } = session;
    const account = accountFor(data.order);
    const report = account ? { account, chain, wallet: chosen.name } : { account: null, chain: null, wallet: null };
    report.outcome = outcome(data.order);
    report.signed = signed(data.order);
    const { hash, what, sender = null } = strayed(data) ?? {};
    report.strayed = hash ? { hash, what, sender } : null;
    panel.reported ??= canonical(data.reported);
    if (canonical(report) === panel.reported) return;
    panel.reported = canonical(report);
    setStateValue("report", report);
  };
  const at = (name) => root.querySelector(`.${name}`);
  at("switch").onclick = () => switchTo(panel.component.data.network);
  at("choose").onclick = () => chooseAccount();
  at("sign").onclick = () => {
    const { order, network } = panel.component.data;
    // The same wish, though what it costs may have been read anew: enough once it was confirmed.
    const same = (clicked, wishAlone = false) => {
      const now = panel.component.data.order;
      return panels.get(root) === panel && (wishAlone ? now?.wish === clicked.wish : JSON.stringify(now) === JSON.stringify(clicked));
    };
    if (order) sign(order, network, same);
  };
  at("clear").onclick = () => {
    const { order } = panel.component.data;
    forget(progress(order.wish)?.unsettled ? order.wish : unanswered(order).name);
  };
  at("look").onclick = () => look();
  at("other").onclick = () => leave();
  if (FRAMED || session.settled || session.searching) panel.update();
  else look();
  return () => panels.delete(root);
}
