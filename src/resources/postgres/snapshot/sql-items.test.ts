import { expect, test } from 'vitest'
import { checkSql } from './check-sql.ts'
import { readSql } from './sql-items.ts'

async function* inPieces(text: string, size: number) {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}
async function itemsOf(text: string, size = 1_000_000) {
  const items: string[] = []
  for await (const item of readSql(inPieces(text, size))) {
    if (item.type !== 'copy') items.push(`${item.line} ${item.type} ${item.text.trim()}`)
    else {
      const data: Uint8Array[] = []
      for await (const chunk of item.data) data.push(Buffer.from(chunk))
      items.push(`${item.line} copy ${JSON.stringify(Buffer.concat(data).toString())}`)
    }
  }
  return items
}
const check = (text: string, size = 1_000_000) => checkSql(inPieces(text, size), 'dump.sql')

const DUMP = String.raw`--
-- PostgreSQL database dump
--

\restrict Ab12
SET client_encoding = 'UTF8';
CREATE TABLE public."odd;name" (a text DEFAULT 'it''s; fine', b text DEFAULT E'\';' /* ; /* ; */ */); -- ;
CREATE FUNCTION public.f() RETURNS text LANGUAGE plpgsql AS $body$ begin; return $$;$$; end $body$;
CREATE FUNCTION public.g(a int) RETURNS int
    LANGUAGE sql
    BEGIN ATOMIC
 SELECT CASE WHEN a > 1 THEN 2 ELSE 3 END;
 SELECT (a + 1);
END;
CREATE RULE r AS ON INSERT TO t DO ALSO (DELETE FROM a; DELETE FROM b);
COPY public.t (a, b) FROM stdin;
\\! touch /tmp/x	COPY t FROM PROGRAM 'id'
\\.	not the end
\.

COPY public.empty (a) FROM stdin;
\.
SELECT pg_catalog.setval('public.s', 4, true);
--
-- PostgreSQL database dump complete
--

\unrestrict Ab12
`

test.each([1, 2, 3, 7, 64, 1_000_000])('a dump is told apart into its parts, in pieces of %i bytes', async (size) => {
  const items = await itemsOf(DUMP, size)
  expect(items.map((i) => i.slice(0, 44))).toEqual(
    [
      '5 meta \\restrict Ab12',
      "6 statement SET client_encoding = 'UTF8';",
      '7 statement CREATE TABLE public."odd;name" (',
      '8 statement -- ;\nCREATE FUNCTION public.f() ',
      '9 statement CREATE FUNCTION public.g(a int) ',
      '15 statement CREATE RULE r AS ON INSERT TO t',
      '16 copy "\\\\\\\\! touch /tmp/x\\tCOPY t FROM P',
      '21 copy ""',
      "23 statement SELECT pg_catalog.setval('publi",
      '28 meta \\unrestrict Ab12',
    ].map((i) => expect.stringContaining(i.slice(0, 30))),
  )
  expect(items[6]).toBe(`16 copy ${JSON.stringify("\\\\! touch /tmp/x\tCOPY t FROM PROGRAM 'id'\n\\\\.\tnot the end\n")}`)
})

test('a dump whose rows look like commands is no trouble', async () => {
  await check(DUMP)
  await check(DUMP, 5)
})

test('a dump that was cut off anywhere is refused, where psql would end with 0', async () => {
  const end = DUMP.indexOf('-- PostgreSQL database dump complete')
  for (let at = 40; at < end; at += 13) {
    await expect(check(DUMP.slice(0, at)), DUMP.slice(at - 20, at)).rejects.toMatchObject({ code: 'E_BACKUP_TRUNCATED' })
  }
})

test.each([
  ['\\! touch /tmp/x', 3],
  ['\\i /etc/passwd', 3],
  ["\\copy t from program 'id'", 3],
  ["COPY t FROM PROGRAM 'id';", 3],
  ["copy (select 1) to\n program 'cat';", 3],
  ["COPY t FROM '/etc/passwd';", 3],
  ['select 1 \\gexec', 3],
])('%s is refused with its line', async (line, at) => {
  await expect(check(`select 1;\n-- harmless\n${line}\n`)).rejects.toMatchObject({
    code: 'E_BACKUP_UNSAFE',
    at: `dump.sql:${at}`,
  })
})

test('an empty file is no backup', async () => {
  await expect(check('')).rejects.toMatchObject({ code: 'E_BACKUP_INVALID' })
  await expect(check('-- nothing\n')).rejects.toMatchObject({ code: 'E_BACKUP_INVALID' })
})
