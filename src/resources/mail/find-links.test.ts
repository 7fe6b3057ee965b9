import { expect, test } from 'vitest'
import { findLinks } from './find-links.ts'

test('links of the HTML come as a browser would follow them', () => {
  const html = `<p><a class=x href="https://example.com/verify?token=a&amp;b=%20&#x41;">Go</a> <A HREF='http://two.example/'>2</A>
    <a href=https://three.example/x>3</a> <a href="mailto:a@b.c">m</a> <a href="javascript:alert(1)">j</a> <a name="x"> href="https://no.example"</a> <a title="a > b" href="https://four.example">4</a>
    <link href="https://not.example/style.css"><a href="/relative">r</a></p>`
  expect(findLinks('', html)).toEqual([
    'https://example.com/verify?token=a&b=%20A',
    'http://two.example/',
    'https://three.example/x',
    'https://four.example',
  ])
})

test('links of plain text end where the sentence goes on', () => {
  const text = `Sign in: https://example.com/m?t=abc-_.~1. (or https://example.com/b) <https://c.example/x>, "https://d.example"
    https://en.example/wiki/A_(b) [https://e.example/] http://127.0.0.1:18000/x!\nhttps://`
  expect(findLinks(text, '')).toEqual([
    'https://example.com/m?t=abc-_.~1',
    'https://example.com/b',
    'https://c.example/x',
    'https://d.example',
    'https://en.example/wiki/A_(b)',
    'https://e.example/',
    'http://127.0.0.1:18000/x',
  ])
})

test('each link comes once, and a flood of them is cut', () => {
  expect(findLinks('https://a.example/ https://a.example/', '<a href="https://a.example/">a</a>')).toEqual(['https://a.example/'])
  expect(findLinks(Array.from({ length: 5000 }, (_, i) => `https://a.example/${i}`).join(' '), '')).toHaveLength(200)
})

test('text that is made to take long does not', () => {
  const hostile = ['<a ', '<a href="', "<a href='x", 'href=', 'https://', ')', '&#1;', '<a\t']
  for (const text of hostile.map((part) => part.repeat(200_000))) expect(findLinks(text, text).length).toBeLessThan(3)
})
