/** What can go wrong between the page and the store. */

/** Neither the store nor the page's server in front of it answers. */
export class StoreUnreachable extends Error {
  override name = "StoreUnreachable";
}

/** The server answered with a status that is not 2xx; the message is its own where it gave one. */
export class ResponseError extends Error {
  override name = "ResponseError";

  /** `kind` is Prometheus's `errorType`, such as `timeout`; empty where none was given. */
  constructor(
    readonly status: number,
    message: string,
    readonly kind = "",
  ) {
    super(message);
  }
}
