// One USSD session: asks the server, keeps the network's clocks. Shows nothing itself; `show` is told what changed.
import {post} from "./api.js";

export class Ussd {
  #id = null;
  #begun = 0;
  #asked = 0;
  #ticker = 0;

  /** `limits`: {idle, total} in seconds. `show`: {page(row), clock(idle, total), over(why)}. */
  constructor(limits, show) {
    this.limits = limits;
    this.show = show;
  }

  get open() { return this.#id !== null; }

  /** Dial `code` from `msisdn`. */
  async dial(code, msisdn) {
    const row = await post("/api/ussd", {code, msisdn});
    this.#id = row.session;
    this.#begun = performance.now();
    this.#take(row);
  }

  /** Answer the page. */
  async send(text) {
    const id = this.#id;
    clearInterval(this.#ticker);
    let row;
    try {
      row = await post(`/api/ussd/${id}/send`, {text});
    } catch (fault) {
      // The network's clock ran on meanwhile; let the user try again within it.
      if (this.#id === id) this.#tick();
      throw fault;
    }
    if (this.#id === id) this.#take(row);
  }

  /** The network gives the session up: the user's Cancel (`aborted`) or a limit (`timed_out`). */
  async cancel(why = "aborted", last = false) {
    const id = this.#id;
    if (id === null) return;
    this.#close();
    await post(`/api/ussd/${id}/cancel`, {why}, last);
  }

  #take(row) {
    const over = row.ended || !row.more;
    if (over) this.#close();
    this.show.page(row, over);
    if (over) return;
    this.#asked = performance.now();
    this.#tick();
  }

  #tick() {
    clearInterval(this.#ticker);
    const look = () => {
      const now = performance.now();
      const idle = this.limits.idle - (now - this.#asked) / 1000;
      const total = this.limits.total - (now - this.#begun) / 1000;
      this.show.clock(Math.max(0, idle), Math.max(0, total));
      if (idle > 0 && total > 0) return;
      const why = idle <= 0 ? `no reply in ${this.limits.idle} s` : `longer than ${this.limits.total} s`;
      this.cancel("timed_out").catch(() => {});
      this.show.over(`Session ended by the network: ${why}`);
    };
    this.#ticker = setInterval(look, 250);
    look();
  }

  #close() {
    clearInterval(this.#ticker);
    this.#id = null;
  }
}
