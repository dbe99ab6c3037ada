// What this page knows of the browser's wallets, shared by its panels. What a wallet says is foreign:
// it is checked here, and shown as text alone.
const ANSWER_WITHIN = 400; // ms that wallets have to announce themselves
const CONNECT_WITHIN = 2_000; // ms that one used before has to answer quietly
const MOST_WALLETS = 12;
const MOST_ACCOUNTS = 100;
const LEGACY = "window.ethereum";
// Around a frame another page may hide or move what is clicked: no wallet is asked for anything there.
const FRAMED = window.top !== window.self;

const session = {
  wallets: [], // { id, uuid, name, icon, provider }
  searching: false,
  settled: false, // the search is over, and a wallet used before was asked again
  chosen: null, // the wallet that `account` and `chain` are of
  account: null,
  accounts: [], // all that the wallet lets this page use: `account` is the first
  chain: null,
  attempt: null, // a connection under way: { wallet, quietly }
  busy: null, // a prompt under way: { what: "switch" | "sign", order }
  note: null, // what went wrong, in words
  outcome: null, // how the last signing ended: { wish, why }
};
const panels = new Map();
const prompts = new Set(); // names of the wishes whose prompt this page waits for
const arrived = new Set(); // hashes that came since this page was loaded

const changed = () => panels.forEach((panel) => panel.update());
const note = (words) => (session.note = words);
// What outlives a reload, in this tab alone.
const remembered = new Map();
const remember = (name, value) => {
  remembered.set(name, value);
  try {
    sessionStorage.setItem(`wallet ${name}`, JSON.stringify(value));
  } catch {} // no storage: the page itself remembers
};
const recall = (name) => {
  if (remembered.has(name)) return remembered.get(name);
  try {
    return JSON.parse(sessionStorage.getItem(`wallet ${name}`));
  } catch {
    return null;
  }
};
// Each wish that a wallet was asked for, by its name: { what, sender, since, chain, hash, strayed }.
// Without a hash nobody knows whether it was sent.
const wishes = () => new Map(Object.entries(recall("wishes") ?? {}));
function keep(name, wish) {
  const kept = wishes();
  if (wish) kept.set(name, wish);
  else kept.delete(name);
  remember("wishes", Object.fromEntries(kept));
}
function progress(name) {
  const wish = wishes().get(name);
  if (!wish) return null;
  const hash = readHash(wish.hash);
  if (hash) return { hash, since: wish.since, earlier: !arrived.has(hash) };
  return prompts.has(name) ? { asking: true } : { unsettled: true, since: wish.since };
}
// Another wish that a wallet was asked for before, and nobody knows whether it was sent.
function unanswered(order) {
  if (!order) return null;
  const open = ([name, wish]) => name !== order.wish && !readHash(wish.hash) && !prompts.has(name);
  const [name, wish] = [...wishes()].find(open) ?? [];
  return name ? { name, what: wish.what } : null;
}
// The hash of each signed wish of the same call: only the count, at a name's end, is another.
function signed(order) {
  const call = (name) => name.slice(0, name.lastIndexOf(" "));
  const same = ([name, { hash }]) => order && call(name) === call(order.wish) && readHash(hash);
  return Object.fromEntries([...wishes()].filter(same).map(([name, { hash }]) => [name, hash]));
}
// What was confirmed when another order, or none, was shown, and is not known to the page yet.
function strayed({ network, order, known }) {
  const unknown = ([name, { hash, chain, strayed }]) =>
    strayed && name !== order?.wish && chain === network.chain && !known.includes(hash);
  return [...wishes()].find(unknown)?.[1];
}

// Readers of what a wallet says.
const strange = (what) => Object.assign(new Error(`The wallet answered ${what}.`), { strange: true });
const text = (value, most) =>
  typeof value === "string" ? [...value.replace(/\p{C}/gu, "").trim()].slice(0, most).join("") : "";
const readHex = (value, digits) =>
  /^0x[0-9a-f]+$/i.test(text(value, 80)) && value.length === 2 + digits ? value.toLowerCase() : null;
// The first one is in use; of the others, what is no address is left out.
function readAccounts(accounts) {
  if (!Array.isArray(accounts)) throw strange("no list of accounts");
  const read = accounts.slice(0, MOST_ACCOUNTS).map((account) => readHex(account, 40));
  if (read.length && !read[0]) throw strange("an account that is no address");
  return read.filter(Boolean);
}
const use = (accounts) => Object.assign(session, { accounts, account: accounts[0] ?? null });
// The account that this order is signed by where the wallet lets the page use it, else the first.
const accountFor = (order) => (session.accounts.includes(order?.transaction.from) ? order.transaction.from : session.account);
function readChain(id) {
  const number = typeof id === "number" || /^(0x[0-9a-f]+|[0-9]+)$/i.test(text(id, 80)) ? Number(id) : 0;
  return Number.isSafeInteger(number) && number > 0 ? number : null;
}
const readHash = (hash) => readHex(hash, 64);
const readIcon = (icon) =>
  typeof icon === "string" && icon.length < 200_000 && /^data:image\//i.test(icon) ? icon : null;
// Wallets wrap an error in others, and write its code as a number or as text.
const within = (error) => [error?.data?.originalError, error, error?.data, error?.error, error?.cause].filter(Boolean);
const has = (error, ...codes) => within(error).some(({ code }) => codes.includes(String(code)));
const sentences = (error) =>
  (typeof error === "string" ? [error] : within(error).flatMap(({ message, reason }) => [message, reason]))
    .map((words) => text(words, 200))
    .filter(Boolean);
// Some decline without the code for it. A node may reject a transaction too, and what carries the
// question may break off: once a wallet was asked to sign, only what says that its user declined counts.
const SAID_NO = "(rejected|denied|declined|cancell?ed|disapproved)";
const USER_DECLINED = new RegExp(`\\buser (has )?${SAID_NO}\\b|\\b${SAID_NO} by (the )?user\\b`, "i");
const NO = "(reject|den(y|i)|declin|cancel|abort|dismiss|refus|clos)";
const DECLINED = new RegExp(`\\buser\\b(?! ?op).*\\b${NO}|\\b${NO}\\w* by (the )?user|^\\W*(${NO}\\w*)\\W*$`, "i");
const declined = (error, asked) =>
  has(error, "4001", "5000", "5001", "5002", "ACTION_REJECTED") ||
  sentences(error).some((words) => (asked ? USER_DECLINED : DECLINED).test(words));

// What an error means, in words, and for the page.
function explain(error, wallet, nothing = "nothing was signed", asked = false) {
  if (declined(error, asked)) return { why: "rejected", text: `You declined in the wallet: ${nothing}. You can try again.` };
  if (has(error, "-32002"))
    return {
      why: "busy",
      text: `${wallet.name} still waits for an answer to an earlier request: open its own window, answer there, then try again.`,
    };
  if (has(error, "4100"))
    return {
      why: "locked",
      text: `${wallet.name} does not let this page use the account: unlock it, allow this page, then try again.`,
    };
  const [message = ""] = sentences(error);
  if (error?.strange) return { why: "failed", text: message };
  return { why: "failed", text: `${wallet.name} could not do it${message ? `, it says: ${message}` : "."}` };
}

function found(info, provider) {
  try {
    if (FRAMED || typeof provider?.request !== "function" || session.wallets.length >= MOST_WALLETS) return;
    const uuid = text(info.uuid, 100);
    if (session.wallets.some((known) => known.provider === provider || known.uuid === uuid)) return;
    const name = text(info.name, 40) || "unnamed wallet";
    const wallet = { id: text(info.rdns, 60), uuid, name, icon: readIcon(info.icon), provider };
    // One may announce itself anew, under another number: the newest answers, unless one is in use.
    const same = session.wallets.find((known) => known.id === wallet.id && known.name === name);
    if (same && (same === session.chosen || same === session.attempt?.wallet)) return;
    if (same) return void Object.assign(same, wallet, { heard: false });
    // One that announces itself stands for what the old way found.
    session.wallets = session.wallets.filter((known) => known.id !== LEGACY || known === session.chosen);
    session.wallets.push(wallet);
    if (session.settled && !session.account && !session.attempt && wallet.id === recall("used")) connect(wallet, true);
    changed();
  } catch {} // what cannot be read is no wallet
}

// EIP-6963: wallets answer at once, or announce themselves when they have loaded.
window.addEventListener("eip6963:announceProvider", ({ detail }) => found(detail?.info, detail?.provider));
window.addEventListener("ethereum#initialized", () => look());

function look() {
  if (FRAMED || session.searching) return;
  session.searching = true;
  session.note = null;
  window.dispatchEvent(new Event("eip6963:requestProvider"));
  setTimeout(async () => {
    if (session.wallets.length === 0 && window.ethereum)
      found({ uuid: LEGACY, rdns: LEGACY, name: "browser wallet" }, window.ethereum);
    session.searching = false;
    const used = session.wallets.find((wallet) => wallet.id === recall("used"));
    // One that never answers keeps nobody from choosing another.
    const givenUp = new Promise((go) => setTimeout(go, CONNECT_WITHIN));
    if (used && !session.account) await Promise.race([connect(used, true), givenUp]);
    session.settled = true;
    changed();
  }, ANSWER_WITHIN);
  changed();
}

function listen(wallet) {
  if (wallet.heard || typeof wallet.provider.on !== "function") return;
  wallet.heard = true;
  const when = (event, act) =>
    wallet.provider.on(event, (value) => {
      if (session.chosen !== wallet) return;
      session.note = null;
      try {
        act(value);
      } catch (error) {
        use([]);
        note(explain(error, wallet).text);
      }
      changed();
    });
  when("accountsChanged", (accounts) => {
    if (session.busy?.what === "account") session.busy = null; // some never answer the request itself
    use(readAccounts(accounts));
    if (!session.account) note(`${wallet.name} was locked, or disconnected from this page.`);
  });
  when("chainChanged", (id) => {
    session.chain = readChain(id);
    if (session.busy?.what === "switch") session.busy = null; // some never answer the request itself
  });
}

// Quietly: no prompt, and no word if the wallet does not want to.
async function connect(wallet, quietly = false) {
  if (session.busy || (session.attempt?.wallet === wallet && !session.attempt.quietly)) return;
  const mine = (session.attempt = { wallet, quietly });
  if (!quietly) session.note = null;
  changed();
  try {
    const method = quietly ? "eth_accounts" : "eth_requestAccounts";
    const accounts = readAccounts(await wallet.provider.request({ method }));
    const chain = accounts.length && readChain(await wallet.provider.request({ method: "eth_chainId" }));
    if (session.attempt !== mine) return; // another wallet was chosen meanwhile
    if (accounts.length) {
      use(accounts);
      Object.assign(session, { chosen: wallet, chain });
      remember("used", wallet.id);
      listen(wallet);
    } else if (!quietly) {
      note(`${wallet.name} gave no account: unlock it, allow it for this page, then try again.`);
    }
  } catch (error) {
    if (session.attempt === mine && !quietly) note(explain(error, wallet, "it stays unconnected").text);
  }
  if (session.attempt === mine) session.attempt = null;
  changed();
}

function leave() {
  if (session.busy) return;
  use([]);
  Object.assign(session, { chosen: null, chain: null, note: null });
  remember("used", null);
  changed();
}

const ask = (method, params) => session.chosen.provider.request(params ? { method, params } : { method });

const byHand = ({ name, chain, add }, what) => {
  const [url] = add?.rpcUrls ?? [];
  const where = url ? `, ${url}` : "";
  const words = `The wallet ${what}. Add ${name} in its settings: chain ${chain}${where}. Then switch to it there.`;
  return Object.assign(new Error(words), { strange: true });
};

// Asks which accounts this page may use: the one that an order is for may be among them then.
async function chooseAccount() {
  if (session.busy) return;
  const mine = (session.busy = { what: "account" });
  const wallet = session.chosen;
  session.note = null;
  changed();
  try {
    await ask("wallet_requestPermissions", [{ eth_accounts: {} }]);
    use(readAccounts(await ask("eth_accounts")));
  } catch (error) {
    const { why, text } = explain(error, wallet, "the account stays as it was");
    note(why === "failed" ? `${wallet.name} does not let this page ask for an account: choose it there.` : text);
  }
  if (session.busy === mine) session.busy = null;
  changed();
}

async function switchTo(network) {
  if (session.busy) return;
  const mine = (session.busy = { what: "switch" });
  const wallet = session.chosen;
  session.note = null;
  changed();
  const there = async () => (session.chain = readChain(await ask("eth_chainId"))) === network.chain;
  const go = () => ask("wallet_switchEthereumChain", [{ chainId: network.chainId }]);
  const pending = (error) => declined(error) || has(error, "-32002", "4100");
  try {
    try {
      await go();
    } catch (error) {
      // 4902 means that the wallet does not know this network, but many say it in another way.
      if (pending(error)) throw error;
      if (!network.add) throw byHand(network, "could not switch");
      try {
        await ask("wallet_addEthereumChain", [network.add]);
      } catch (refusal) {
        throw pending(refusal) ? refusal : byHand(network, "could neither switch nor add the network");
      }
      if (!(await there())) await go(); // some add without switching
    }
    if (!(await there())) note(`${wallet.name} is still on another network: switch to ${network.name} there.`);
  } catch (error) {
    if (session.busy === mine) note(explain(error, wallet, "the network stays as it was").text);
  }
  if (session.busy === mine) session.busy = null;
  changed();
}

// Only a click comes here. `shown` tells what stands on the page now: no other order is signed.
async function sign(order, network, shown) {
  if (session.busy || !order.mayBeSigned || progress(order.wish) || unanswered(order)) return;
  session.busy = { what: "sign", order };
  const wallet = session.chosen;
  const end = (why, words) => {
    session.outcome = { wish: order.wish, why };
    note(words);
  };
  session.note = null;
  changed();
  let asked = false;
  try {
    use(readAccounts(await ask("eth_accounts")));
    const chain = (session.chain = readChain(await ask("eth_chainId")));
    if (accountFor(order) !== order.transaction.from || chain !== network.chain || !shown(order)) {
      end("changed", "Account, network or transaction changed before the wallet was asked: nothing was signed. Look at it again.");
    } else {
      asked = true;
      prompts.add(order.wish);
      const wish = { what: order.what, sender: order.transaction.from, since: order.since, chain: network.chain };
      keep(order.wish, wish);
      const hash = readHash(await ask("eth_sendTransaction", [order.transaction]));
      if (hash) {
        arrived.add(hash);
        keep(order.wish, { ...wish, hash, strayed: !shown(order, true) });
      }
      session.outcome = null; // without a hash the wish stays open, and nobody knows
    }
  } catch (error) {
    const { why, text } = explain(error, wallet, undefined, asked);
    // A wallet that fails after it was asked may have sent it all the same: the wish stays open. So
    // it does where the wallet is said to be busy: nodes use that code for what took too long.
    if (asked && (why === "failed" || why === "busy")) note(text);
    else (keep(order.wish, null), end(why, text));
  }
  prompts.delete(order.wish);
  session.busy = null;
  changed();
}

function forget(name) {
  keep(name, null);
  session.note = session.outcome = null;
  changed();
}
