// A page asks for its kernel every few seconds, from its first line on: the server hears that somebody looks, however
// long the page takes to load. Where the kernel has ended, a page that shows nothing begins anew by itself, once a minute
// at most; any other says so and offers it.

(() => {
  const EVERY_MS = 5000;
  const ANEW_MS = 60000;
  const config = JSON.parse(document.getElementById("jupyter-config-data").textContent);
  const address = `${config.baseUrl}fbkit/alive/${document.body.dataset.kernelId}`;

  async function ask() {
    try {
      const answer = await fetch(address);
      if (answer.status === 403 || (answer.ok && !(await answer.json()).here)) ended();
    } catch {
      // The server is away; the page's own numbers say how old they are.
    }
  }

  function ended() {
    clearInterval(asking);
    document.removeEventListener("visibilitychange", ask);
    const last = Number(sessionStorage.getItem("fbkit-anew"));
    if (!document.querySelector(".jupyter-widgets") && Date.now() - last > ANEW_MS) {
      sessionStorage.setItem("fbkit-anew", String(Date.now()));
      location.reload();
    } else say();
  }

  function say() {
    const bar = document.createElement("div");
    bar.id = "ended";
    bar.setAttribute("role", "alert");
    const button = document.createElement("button");
    button.textContent = "Reload";
    button.addEventListener("click", () => location.reload());
    bar.append("This page's kernel has ended: its numbers stand still. ", button);
    document.body.append(bar);
  }

  const asking = setInterval(ask, EVERY_MS);
  document.addEventListener("visibilitychange", ask);
  ask();
})();
