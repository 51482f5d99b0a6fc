import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import { uptime } from 'node:os';
import type { Middleware } from 'koa';

const { AsyncLocalStorage } = process.getBuiltinModule('node:async_hooks');

/**
 * Remembers of each connection of a server when it was opened: a change is kept only by who connects after it came into force. Counted is
 * from TCP's own beginning, for a TLS handshake may come much later.
 */
export const noteConnections = (server: Server): void => {
  server.on('connection', (socket: Socket) => {
    const key = keyOf(socket);
    opened.set(key, uptime());
    socket.once('close', () => opened.delete(key));
  });
};

/** When the connection was opened by which the request came that is being answered, as the machine's uptime in seconds; undefined when that is not known. */
export const openedNow = (): number | undefined => requests.getStore();

/**
 * Lets `openedNow` know, and ends each connection with its answer that was there before the last change: the browser's next request
 * comes by a new one, which the rules in force must have let in.
 */
export const renewConnections: Middleware = (ctx, next) => {
  const since = opened.get(keyOf(ctx.req.socket));
  return requests.run(since, async () => {
    try {
      await next();
    } finally {
      if (since !== undefined && since <= changedAt) ctx.set('Connection', 'close');
    }
  });
};

/**
 * A form that comes by an older connection is sent again by a new one: it could neither keep a change nor make the next. To be used
 * when the form has been read.
 */
export const renewForms: Middleware = async (ctx, next) => {
  const since = openedNow();
  if (ctx.method !== 'POST' || since === undefined || since > changedAt) return next();
  ctx.redirect(ctx.url);
  ctx.status = 307;
};

/** To be called when a change is on trial that was made by these pages. */
export const noteTrial = (): void => {
  changedAt = uptime();
};

const opened = new Map<string, number>();
const requests = new AsyncLocalStorage<number | undefined>();
let changedAt = Number.NEGATIVE_INFINITY;

const keyOf = ({ remoteAddress, remotePort, localPort }: IncomingMessage['socket']): string =>
  `${remoteAddress} ${remotePort} ${localPort}`;
