// A stand-in for a wallet's extension: it answers as told, and the rest a real node answers.
// `heard` and `askNode` are the test's own functions. What was allowed outlives a reload.
window.fakes = [];
window.fakeWallet = (told) => {
  const fake = {
    name: "Test Wallet",
    rdns: "org.example.test",
    icon: "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 2 2'%3E%3Ccircle cx='1' cy='1' r='1' fill='%23c26'/%3E%3C/svg%3E",
    kind: "announced", // or "legacy", or "absent" until `announce` is called
    accounts: [],
    chain: "0x7a69",
    knows: ["0x7a69", "0x1"],
    answers: {}, // method: what it answers, whatever is asked
    faults: {}, // method: { code, message }
    changes: {}, // method: fields that its user sets otherwise
    holds: [], // methods that wait for `release`
    silent: false, // changes without an event
    ...told,
  };
  const kept = `fake ${fake.rdns}`;
  let allowed = sessionStorage.getItem(kept) === "allowed";
  const listeners = {};
  let waiting = [];
  const emit = (event, value) => fake.silent || (listeners[event] ?? []).forEach((act) => act(value));
  const fail = ({ code, message, ...more }) => {
    throw Object.assign(new Error(message), { code, ...more });
  };
  const request = async ({ method, params = [] }) => {
    await window.heard(fake.name, method, params);
    if (fake.holds.includes(method)) await new Promise((go) => waiting.push(go));
    if (fake.faults[method]) fail(fake.faults[method]);
    if (method in fake.answers) return fake.answers[method];
    const { chainId } = params[0] ?? {};
    switch (method) {
      case "eth_requestAccounts":
        allowed = true;
        sessionStorage.setItem(kept, "allowed");
        return fake.accounts;
      case "eth_accounts":
        return allowed ? fake.accounts : [];
      case "eth_chainId":
        return fake.chain;
      case "wallet_addEthereumChain":
        fake.knows.push(chainId);
        return null;
      case "wallet_switchEthereumChain":
        if (!fake.knows.includes(chainId)) fail({ code: 4902, message: "Unrecognized chain" });
        fake.turn(chainId);
        return null;
    }
    const [first, ...rest] = params;
    return window.askNode(method, fake.changes[method] ? [{ ...first, ...fake.changes[method] }, ...rest] : params);
  };
  fake.turn = (chain) => emit("chainChanged", (fake.chain = chain));
  fake.choose = (accounts) => emit("accountsChanged", (fake.accounts = accounts));
  fake.release = () => waiting.splice(0).forEach((go) => go());
  const provider = { request, on: (event, act) => (listeners[event] ??= []).push(act) };
  const info = { uuid: fake.uuid ?? fake.rdns, name: fake.name, icon: fake.icon, rdns: fake.rdns };
  const announce = () =>
    window.dispatchEvent(new CustomEvent("eip6963:announceProvider", { detail: { info, provider } }));
  fake.install = () => {
    window.addEventListener("eip6963:requestProvider", announce);
    announce();
  };
  if (fake.kind === "legacy") window.ethereum = provider;
  if (fake.kind === "announced") fake.install();
  window.fakes.push(fake);
};
