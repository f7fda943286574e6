import { request } from 'node:http';
import type { Socket } from 'node:net';
import { Fault, messageOf } from '#kernel/fault.ts';

/**
 * A way through an HTTP proxy (CONNECT, RFC 9110, 9.3.6): it sees where to, and of the rest only encrypted bytes.
 * @param proxy `http://[user:password@]host:port` @param authority `host:port`
 * @throws Fault `hub.proxy`; the signal's reason when aborted
 */
export function throughProxy(proxy: string, authority: string, signal: AbortSignal): Promise<Socket> {
  const { protocol, hostname, port, username, password } = new URL(proxy);
  if (protocol !== 'http:') {
    throw new Fault('hub.proxy', `a proxy is reached by http://, not by ${protocol}//`, {
      retry: 'never',
      hint: 'join with --proxy http://HOST:PORT; what goes through it is encrypted all the same',
    });
  }
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  const signIn =
    username === '' ? {} : { 'proxy-authorization': `Basic ${Buffer.from(pair).toString('base64')}` };
  return new Promise((resolve, reject) => {
    const asked = request({
      host: hostname.replace(/^\[|\]$/g, ''),
      port: port === '' ? 80 : Number(port),
      method: 'CONNECT',
      path: authority,
      headers: { host: authority, ...signIn },
      agent: false,
    });
    // Not as an option of the request: it would end the connection later, too.
    const onAbort = () => {
      asked.destroy();
      reject(signal.reason);
    };
    if (signal.aborted) return onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    const done = () => signal.removeEventListener('abort', onAbort);
    asked.once('connect', ({ statusCode = 0 }, socket) => {
      done();
      socket.on('error', () => {}); // whoever speaks over it hears of it
      if (statusCode >= 200 && statusCode < 300) return resolve(socket as Socket);
      socket.destroy();
      reject(refused(`${hostname} answered ${statusCode}`));
    });
    asked.once('response', ({ statusCode }) => {
      done();
      asked.destroy();
      reject(refused(`${hostname} answered ${statusCode}`));
    });
    asked.on('error', (error) => {
      done();
      reject(refused(messageOf(error), error));
    });
    asked.end();
  });
}

const refused = (why: string, cause?: unknown): Fault =>
  new Fault('hub.proxy', `the proxy gives no way to the hub: ${why}`, {
    hint: 'Is the proxy right, does it let CONNECT to this port pass, does it want a name and password?',
    cause,
  });
