// Signs a page's text in NCALayer, the national authority's program, which speaks JSON over a websocket of its user's own
// machine. Only the text goes to it, and only the signature comes back. Protocol: the module kz.gov.pki.knca.basics in
// the authority's SDK (github.com/pkigovkz/sdkinfo).
"use strict";

{
  // A program that runs greets at once; one that does not is mostly refused at once.
  const GREETING_MS = 10_000;

  class Unsigned extends Error {
    // word: which of the form's sentences says why; answer: what the program said, if anything.
    constructor(word, answer = "") {
      super(word);
      this.word = word;
      this.answer = answer;
    }
  }

  const request = (form) => ({
    module: "kz.gov.pki.knca.basics",
    method: "sign",
    args: {
      allowedStorages: null,
      format: "cms",
      data: form.dataset.content,
      // The text inside: a signature that is kept for years must say by itself what was signed.
      signingParams: { decode: true, encapsulate: true, digested: false },
      signerParams: { extKeyUsageOids: form.dataset.usages.split(" ") },
      locale: document.documentElement.lang,
    },
  });

  const parsed = (data) => {
    try {
      return JSON.parse(data) ?? {};
    } catch {
      return {};
    }
  };

  // The signature in base64, or Unsigned. tell: called with the word of each step.
  const signature = (form, tell) =>
    new Promise((resolve, reject) => {
      tell("connecting");
      const socket = new WebSocket(form.dataset.signing);
      const patience = setTimeout(() => end(reject, new Unsigned("absent")), GREETING_MS);
      let greeted = false;
      const end = (settle, outcome) => {
        clearTimeout(patience);
        socket.onclose = socket.onerror = socket.onmessage = null;
        socket.close();
        settle(outcome);
      };
      socket.onclose = socket.onerror = () => end(reject, new Unsigned("absent"));
      socket.onmessage = ({ data }) => {
        const said = parsed(data);
        if (!greeted) {
          if (!said.result?.version) {
            end(reject, new Unsigned("absent"));
            return;
          }
          greeted = true;
          clearTimeout(patience);
          tell("waiting");
          socket.send(JSON.stringify(request(form)));
          return;
        }
        if (!said.status) {
          end(reject, new Unsigned("failed", [said.code, said.message].filter(Boolean).join(" ")));
          return;
        }
        const signed = [said.body?.result].flat()[0];
        if (signed) end(resolve, signed);
        else end(reject, new Unsigned("cancelled"));
      };
    });

  for (const form of document.querySelectorAll("form[data-signing]")) {
    const here = form.querySelector("[data-signing-here]");
    const button = here.querySelector("button");
    const status = here.querySelector("[role=status]");
    const tell = (word, more = "") => {
      status.textContent = `${form.dataset[word]} ${more}`.trim();
    };
    let busy = false;
    here.hidden = false;
    // Whoever comes back to the page by the browser's own button may sign again.
    addEventListener("pageshow", () => {
      busy = false;
    });
    button.addEventListener("click", async () => {
      if (busy) return;
      busy = true;
      try {
        form.elements.cms.value = await signature(form, tell);
        form.elements.file.value = "";
        tell("sending");
        form.submit();
      } catch (error) {
        tell(error.word ?? "absent", error.answer);
        busy = false;
      }
    });
  }
}
