import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Fault } from '#kernel/fault.ts';
import { cleanSvg } from './clean.ts';

const NS = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"';
const svg = (inside: string, attributes = ''): string => `<svg ${NS}${attributes}>${inside}</svg>`;
const clean = (text: string) => cleanSvg(Buffer.from(text));
/** What is left between the root's tags. */
const cleaned = (inside: string): string =>
  /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"(?:\/>|>(.*)<\/svg>)\n$/s.exec(
    clean(svg(inside)).text,
  )?.[1] ?? '';
const whatOf = (inside: string): string[] => clean(svg(inside)).removed.map(({ what }) => what);

test('a drawing stays what it is', () => {
  const inside =
    '<defs><linearGradient id="g"><stop offset="0" stop-color="#fff"/></linearGradient></defs>' +
    '<g id="pump" transform="translate(10 20) rotate(45)"><path d="M0 0L10 10Z" fill="url(#g)" stroke="rgb(1, 2, 3)"/>' +
    '<text id="v" x="1" font-family="&apos;DIN Next&apos;, sans-serif">1 &lt; 2 &amp; 3</text><use href="#pump2"/></g>';
  assert.equal(cleaned(inside), inside.replaceAll('&apos;', "'"));
  const { elements, removed } = clean(svg(inside));
  assert.deepEqual(
    [...elements],
    [
      ['g', 'linearGradient'],
      ['pump', 'g'],
      ['v', 'text'],
    ],
  );
  assert.deepEqual(removed, []);
});

const HOSTILE: { readonly [name: string]: readonly [inside: string, left: string, ...what: string[]] } = {
  script: ['<script>alert(1)</script><rect/>', '<rect/>', 'element script'],
  'script in CDATA': ['<script><![CDATA[alert(1)]]></script>', '', 'element script'],
  'script by prefix': [
    '<s:script xmlns:s="http://www.w3.org/2000/svg">alert(1)</s:script>',
    '',
    'element script',
  ],
  handler: ['<rect onclick="alert(1)" onload="x"/>', '<rect/>', 'attribute onclick', 'attribute onload'],
  'handler in capitals': ['<rect ONCLICK="alert(1)"/>', '<rect/>', 'attribute ONCLICK'],
  'foreign content': [
    '<foreignObject><body xmlns="http://www.w3.org/1999/xhtml"><script/></body></foreignObject>',
    '',
    'element foreignObject',
  ],
  'HTML without a foreignObject': [
    '<img xmlns="http://www.w3.org/1999/xhtml" src="x" onerror="alert(1)"/>',
    '',
    'data of img',
  ],
  'link to a script': [
    '<a href="javascript:alert(1)"><rect/></a>',
    '<g><rect/></g>',
    'element a',
    'attribute href',
  ],
  'link by xlink': [
    '<a xlink:href="java&#x73;cript:alert(1)"><rect/></a>',
    '<g><rect/></g>',
    'element a',
    'attribute href',
  ],
  'use of another file': ['<use href="https://x.example/a.svg#b"/>', '<use/>', 'attribute href'],
  'use of data': ['<use xlink:href="data:image/svg+xml;base64,PHN2Zz4="/>', '<use/>', 'attribute href'],
  'image from elsewhere': ['<image href="//x.example/a.png"/>', '<image/>', 'attribute href'],
  'image that is SVG': ['<image href="data:image/svg+xml,x"/>', '<image/>', 'attribute href'],
  'animation that sets a link': [
    '<rect><set attributeName="href" to="javascript:alert(1)"/><animate onbegin="alert(1)"/></rect>',
    '<rect/>',
    'element set',
    'element animate',
  ],
  'style sheet': ['<style>@import url(//x.example/a.css);</style>', '', 'element style'],
  'url in an attribute': ['<rect fill="url(https://x.example/#a)"/>', '<rect/>', 'value of fill'],
  'url by escapes': ['<rect fill="u\\72l(//x.example)"/>', '<rect/>', 'value of fill'],
  'url behind a comment': ['<rect fill="red/**/url(//x.example)"/>', '<rect/>', 'value of fill'],
  'url in quotes that end': ['<rect fill="url(&quot;#a&quot;),url(//x)"/>', '<rect/>', 'value of fill'],
  'image-set': ['<rect mask="image-set(&quot;//x.example/a.png&quot; 1x)"/>', '<rect/>', 'value of mask'],
  'url in a style': [
    '<rect style="fill:red;mask:url(//x.example);behavior:url(a.htc)"/>',
    '<rect fill="red"/>',
    'style property mask',
    'style property behavior',
  ],
  'expression in a style': ['<rect style="width:expression(alert(1))"/>', '<rect/>', 'style property width'],
  'filter that fetches': [
    '<filter id="f"><feImage href="//x.example"/></filter><rect filter="url(#f)"/>',
    '<rect/>',
    'element filter',
    'attribute filter',
  ],
  'classes of the page': ['<rect class="modal hf-flow"/>', '<rect class="hf-flow"/>'],
  'data of an editor': [
    '<x:namedview xmlns:x="http://inkscape.example" x:zoom="1"><x:grid/></x:namedview>',
    '',
    'data of x',
  ],
  'base of links': ['<g xml:base="//x.example/"/>', '<g/>', 'data of xml'],
  'audio and frames': ['<audio src="x"/><iframe src="x"/>', '', 'element audio', 'element iframe'],
  'two of one id': ['<rect id="a"/><rect id="a"/>', '<rect id="a"/><rect/>', 'attribute id'],
  'an id that is code': ['<rect id="a&quot; onload=&quot;x"/>', '<rect/>', 'attribute id'],
};

for (const [name, [inside, left, ...what]] of Object.entries(HOSTILE)) {
  test(`taken out and told: ${name}`, () => {
    assert.equal(cleaned(inside), left);
    assert.deepEqual(whatOf(inside), what);
  });
}

test('what was written again is clean, and stays as it is', () => {
  for (const [inside] of Object.values(HOSTILE)) {
    const once = clean(svg(inside)).text;
    const twice = clean(once);
    assert.equal(twice.text, once);
    assert.deepEqual(twice.removed, []);
  }
});

test('a style sheet by an instruction before the root is told', () => {
  const { removed } = clean(`<?xml-stylesheet href="//x.example/a.css"?>${svg('')}`);
  assert.deepEqual(removed, [{ what: 'instruction xml-stylesheet', count: 1, line: 1 }]);
});

const refusedAs = (text: string | Uint8Array): string => {
  try {
    cleanSvg(Buffer.from(text));
  } catch (error) {
    return (error as Fault).code;
  }
  return 'taken';
};

test('document types are refused: entities that multiply, files that are read', () => {
  const laughs = '<!DOCTYPE svg [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>';
  assert.equal(refusedAs(laughs + svg('<text>&b;</text>')), 'svg.dtd');
  assert.equal(refusedAs(`<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>${svg('&x;')}`), 'svg.dtd');
  assert.equal(refusedAs(`<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "x.dtd">${svg('')}`), 'svg.dtd');
  assert.equal(refusedAs(svg('<text>&nbsp;</text>')), 'svg.not-xml');
});

test('copies of copies are counted before anybody draws them', () => {
  const groups = Array.from({ length: 12 }, (_, i) => {
    const uses = i === 0 ? '<rect/>' : `<use href="#g${i - 1}"/>`.repeat(10);
    return `<g id="g${i}">${uses}</g>`;
  });
  assert.equal(refusedAs(svg(groups.join(''))), 'svg.too-much');
  assert.equal(refusedAs(svg('<g id="a"><use href="#b"/></g><g id="b"><use href="#a"/></g>')), 'svg.circle');
  assert.equal(refusedAs(svg('<pattern id="p"><rect fill="url(#p)"/></pattern>')), 'svg.circle');
  assert.equal(refusedAs(svg('<g id="a"/><use href="#a"/><use href="#a"/>')), 'taken');
});

test('what is too large, too deep, or no drawing is refused', () => {
  assert.equal(refusedAs(svg('x'.repeat(1024 * 1024))), 'svg.too-large');
  assert.equal(refusedAs(svg('<g>'.repeat(70) + '</g>'.repeat(70))), 'svg.too-much');
  assert.equal(refusedAs(svg('<g/>'.repeat(20_001))), 'svg.too-much');
  assert.equal(refusedAs('<html xmlns="http://www.w3.org/1999/xhtml"/>'), 'svg.not-svg');
  assert.equal(refusedAs('<svg/>'), 'svg.not-svg');
  assert.equal(refusedAs(''), 'svg.not-xml');
  assert.equal(refusedAs(svg('<g>')), 'svg.not-xml');
  assert.equal(refusedAs('GIF89a'), 'svg.not-xml');
  assert.equal(refusedAs(Buffer.from(svg(''), 'utf16le')), 'svg.not-xml');
  assert.equal(refusedAs(Buffer.from([0x3c, 0xff, 0xfe])), 'svg.encoding');
  assert.equal(refusedAs(`<?xml version="1.0" encoding="ISO-8859-1"?>${svg('')}`), 'svg.encoding');
});

test('a style wins over an attribute, as it does in a browser', () => {
  assert.equal(
    cleaned('<rect fill="red" style="fill: #00f; stroke:none"/>'),
    '<rect fill="#00f" stroke="none"/>',
  );
});
