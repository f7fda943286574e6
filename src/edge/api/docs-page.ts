import { createHash } from 'node:crypto';

const STYLE = `
:root{color-scheme:light dark;--line:#8884;--dim:#888;--accent:#007993}
body{font:15px/1.5 system-ui,sans-serif;max-width:64rem;margin:0 auto;padding:1.5rem}
h1{margin:0}h2{margin:2.5rem 0 .5rem;text-transform:capitalize}
p{margin:.3rem 0}.dim{color:var(--dim)}
details{border:1px solid var(--line);border-radius:4px;margin:.4rem 0;padding:.4rem .8rem}
summary{cursor:pointer}summary code{font-weight:600}
.method{display:inline-block;width:3.2rem;color:var(--accent);font-weight:600}
table{border-collapse:collapse;width:100%;margin:.5rem 0}
td,th{border-top:1px solid var(--line);padding:.25rem .5rem;text-align:left;vertical-align:top}
input,textarea{font:13px ui-monospace,monospace;width:100%;box-sizing:border-box}
pre{background:#8881;padding:.6rem;overflow:auto;max-height:24rem;white-space:pre-wrap}
button{font:inherit;margin:.4rem 0}
`;

/* Plain and small: it must work on a box without any network, in whatever browser stands there. */
const SCRIPT = `
const $ = (name, props = {}, ...children) => {
  const node = Object.assign(document.createElement(name), props);
  node.append(...children);
  return node;
};
const show = (schema, all, deep = 0) => {
  if (!schema) return '';
  if (schema.$ref) {
    const name = schema.$ref.split('/').pop();
    return deep > 3 ? name : show(all[name], all, deep + 1);
  }
  if (schema.anyOf) return schema.anyOf.map((one) => show(one, all, deep)).join(' | ');
  if (schema.enum) return schema.enum.map((one) => JSON.stringify(one)).join(' | ');
  if ('const' in schema) return JSON.stringify(schema.const);
  if (schema.type === 'array') return '[' + show(schema.items === false ? undefined : schema.items, all, deep + 1) + ' …]';
  if (schema.properties) {
    const pad = '  '.repeat(deep + 1);
    const lines = Object.entries(schema.properties).map(([name, one]) => {
      const mark = (schema.required || []).includes(name) ? '' : '?';
      const about = one.description ? '  // ' + one.description : '';
      return pad + name + mark + ': ' + show(one, all, deep + 1) + about;
    });
    return '{\\n' + lines.join('\\n') + '\\n' + '  '.repeat(deep) + '}';
  }
  return schema.type || 'any';
};
const part = (path, method, asked, all) => {
  const inputs = [];
  const field = (one) => {
    const input = $('input', { placeholder: one.schema.default === undefined ? '' : String(one.schema.default) });
    inputs.push({ ...one, input });
    return $('tr', {}, $('td', {}, $('code', {}, one.name), one.required ? ' *' : ''),
      $('td', {}, one.description || '', ' ', $('span', { className: 'dim' }, show(one.schema, all))),
      $('td', {}, input));
  };
  const fields = (asked.parameters || []).filter((one) => one.in !== 'header').map(field);
  const bodySchema = asked.requestBody && asked.requestBody.content['application/json'].schema;
  const body = bodySchema && $('textarea', { rows: 4, placeholder: '{ }' });
  const out = $('pre', { hidden: true });
  const send = $('button', {}, 'Ask this site');
  send.onclick = async () => {
    let url = path;
    const query = new URLSearchParams();
    for (const { name, in: where, schema, input } of inputs) {
      if (input.value === '') continue;
      if (where === 'path') url = url.replace('{' + name + '}', encodeURIComponent(input.value));
      else for (const one of schema.type === 'array' ? input.value.split(',') : [input.value]) query.append(name, one);
    }
    const token = document.querySelector('#token').value;
    const headers = { ...(token && { authorization: 'Bearer ' + token }), ...(body && { 'content-type': 'application/json' }) };
    out.hidden = false;
    out.textContent = '…';
    const stop = new AbortController();
    try {
      const text = query.size ? url + '?' + query : url;
      const reply = await fetch(text, { method: method.toUpperCase(), headers, signal: stop.signal, ...(body && { body: body.value }) });
      out.textContent = method.toUpperCase() + ' ' + text + '\\n' + reply.status + ' ' + reply.headers.get('content-type') + '\\n\\n';
      const reader = reply.body.pipeThrough(new TextDecoderStream()).getReader();
      for (let size = 0; size < 50000; ) {
        const { done, value } = await reader.read();
        if (done) break;
        size += value.length;
        out.textContent += value;
      }
      stop.abort();
    } catch (error) {
      if (!stop.signal.aborted) out.textContent = String(error);
    }
  };
  const answers = Object.entries(asked.responses).map(([status, one]) => {
    const [[type, { schema } = {}] = []] = Object.entries(one.content || {});
    const isProblem = type === 'application/problem+json';
    return $('tr', {}, $('td', {}, status), $('td', {}, isProblem ? one.description.replaceAll('\`', '') : type || one.description),
      $('td', {}, isProblem || !schema ? '' : $('pre', {}, show(schema, all))));
  });
  return $('details', { id: asked.operationId },
    $('summary', {}, $('span', { className: 'method' }, method.toUpperCase()), $('code', {}, path), ' ', $('span', { className: 'dim' }, asked.summary)),
    $('p', {}, asked.description || ''), $('p', { className: 'dim' }, who(asked)),
    fields.length ? $('table', {}, ...fields) : '',
    body ? $('div', {}, $('pre', {}, show(bodySchema, all)), body) : '',
    send, out, $('table', {}, ...answers));
};
const who = (asked) => {
  const more = Object.entries(asked['x-role-for'] || {}).flatMap(([field, by]) =>
    Object.entries(by).map(([value, role]) => field + ' ' + value + ': ' + role));
  const area = { any: '', filtered: '; of some areas: his part', refused: '; not for those of some areas' }[asked['x-area']];
  const place = area === undefined && asked['x-area'] ? '; of some areas: where ' + asked['x-area'].field + ' lies in them' : area || '';
  return 'For: ' + [asked['x-role'], ...more].join(', ') + place + (asked['x-panel'] ? '; and the local panel' : '');
};
const main = async () => {
  const api = await (await fetch('openapi.json')).json();
  document.querySelector('#about').textContent = api.info.title + ' ' + api.info.version + '. ' + api.info.description;
  for (const { name, description } of api.tags) {
    document.body.append($('h2', { id: name }, name), $('p', { className: 'dim' }, description));
    for (const [path, methods] of Object.entries(api.paths))
      for (const [method, asked] of Object.entries(methods))
        if (asked.tags[0] === name) document.body.append(part(path, method, asked, api.components.schemas));
  }
};
main();
`;

export const DOCS_PAGE = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Holdfast API</title>
<meta name="viewport" content="width=device-width"><style>${STYLE}</style></head>
<body><h1>The API of this site</h1><p id="about"></p>
<p><label>Token (in <code>api.json</code> in the data folder; kept in this page only)
<input id="token" type="password" autocomplete="off"></label></p>
<noscript>This page needs JavaScript; <a href="openapi.json">openapi.json</a> says the same.</noscript>
<script>${SCRIPT}</script></body></html>
`;

const digest = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** Nothing but what is in the page itself, and this site. */
export const DOCS_POLICY = [
  "default-src 'none'",
  `script-src ${digest(SCRIPT)}`,
  `style-src ${digest(STYLE)}`,
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');
