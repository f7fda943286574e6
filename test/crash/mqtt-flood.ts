import { connectAsync } from 'mqtt';

/*
 * Publishes numbers with QoS 1 as fast as the broker takes them: the payload of the n-th message is n. Prints how many
 * the broker has confirmed, each number on a line of its own, and ends on SIGTERM once all are confirmed.
 * Arguments: url of the broker, topic, most unconfirmed ones, first number.
 */

const [url = '', topic = '', window = '500', first = '0'] = process.argv.slice(2);
const client = await connectAsync(url, { protocolVersion: 5, reconnectPeriod: 0 });
let next = Number(first);
let open = 0;
let stopping = false;
process.once('SIGTERM', () => {
  stopping = true;
  if (open === 0) end();
});
setInterval(() => process.stdout.write(`${next - open}\n`), 20).unref();

function fill(): void {
  while (!stopping && open < Number(window)) {
    open++;
    client.publish(topic, `${next++}`, { qos: 1 }, done);
  }
}

function done(error?: Error): void {
  if (error) throw error;
  open--;
  if (!stopping) setImmediate(fill);
  else if (open === 0) end();
}

function end(): void {
  process.stdout.write(`${next}\n`, () => process.exit(0));
}

fill();
