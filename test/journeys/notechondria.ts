import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'

export interface Surroundings {
  /** Of the sites. */
  url: string
  /** Of the backend. */
  api: string
  /** The code in the last mail to somebody. */
  readCode(email: string): Promise<string>
}
export interface Student {
  username: string
  password: string
  title: string
  /** For assistants. */
  key: string
}

/**
 * What a person does on Notechondria, in a real browser and through all three sites: comes in at the root, signs up with a code from
 * a mail, writes a note whose old version comes back, plans an event, and gives an assistant a key that finds the note. A server that
 * is none is not accepted. Signed out, the sites ask to sign in.
 */
export async function journey({ url, api, readCode }: Surroundings, page: Page): Promise<Student> {
  const mark = Date.now().toString(36)
  const username = `uma-${mark}`
  const email = `${username}@campus.example`
  const password = `a long password ${mark}`
  const title = `Mitochondria <b>again</b> ${mark}`
  const faults: string[] = []
  page.on('pageerror', (error) => faults.push(error.message))
  const section = (name: string) => page.getByRole('region', { name })
  const app = (name: string) => page.getByRole('navigation', { name: 'Apps' }).getByRole('link', { name })

  await page.goto(`${url}/?from=a-friend#/sign-up`)
  await page.getByRole('heading', { name: 'Sign up' }).waitFor()
  assert.equal(
    page.url(),
    `${url}/Notechondria/portal/?from=a-friend#/sign-up`,
    'the root leads to the portal, with query and hash',
  )
  await page.getByLabel('Username').fill(username)
  await page.getByLabel('E-mail address').fill(email)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign up' }).click()
  await page.getByText(`We sent a code to ${email}.`).waitFor()
  await page.getByLabel('Code').fill('000')
  await page.getByRole('button', { name: 'Confirm' }).click()
  await page.getByRole('alert').getByText('This code is wrong').waitFor()
  await page.getByLabel('Code').fill(await readCode(email))
  await page.getByRole('button', { name: 'Confirm' }).click()
  await page.getByRole('heading', { name: `Good to see you, ${username}.` }).waitFor()

  await refuseOtherServer(page, url)

  await app('Editor').click()
  await page.getByRole('link', { name: 'Welcome to Notechondria' }).waitFor()
  await page.getByLabel('Title of a new note').fill(title)
  await page.getByRole('button', { name: 'Write' }).click()
  await page.getByRole('button', { name: 'Add a block' }).click()
  const block = page.getByRole('textbox', { name: 'Text, block 1' })
  const isSaved = page.getByRole('status').getByText('Saved', { exact: true })
  await block.fill('They make most of the ATP of a cell.')
  await block.blur()
  await isSaved.waitFor()
  await page.getByRole('button', { name: 'Keep this version' }).click()
  await page.getByRole('button', { name: 'Bring back version 1' }).waitFor()
  await block.fill('Nonsense.')
  await block.blur()
  await isSaved.waitFor()
  await page.getByRole('button', { name: 'Bring back version 1' }).click()
  await page.getByRole('button', { name: 'Bring back version 2' }).waitFor()
  await page.reload()
  await block.waitFor()
  assert.equal(await block.inputValue(), 'They make most of the ATP of a cell.', 'what was kept is back, also after a reload')
  await page.getByLabel('Add a file').setInputFiles({ name: 'cell.txt', mimeType: 'text/plain', buffer: Buffer.from('a cell') })
  const file = await page.getByRole('link', { name: 'cell.txt' }).getAttribute('href')
  assert.equal(await (await fetch(file ?? '')).text(), 'a cell')

  await app('Planner').click()
  await page.getByLabel('What?').fill(`Exam ${mark}`)
  await page.getByLabel('When?').fill('2031-04-02T09:00')
  await page.getByRole('button', { name: 'Plan it' }).click()
  await page.getByRole('heading', { name: 'Wednesday, April 2, 2031' }).waitFor()
  const isTold = page.waitForResponse((answer) => answer.request().method() === 'PATCH' && answer.ok())
  await page.getByRole('checkbox', { name: `Exam ${mark}` }).check()
  await isTold
  await page.reload()
  await page.getByRole('checkbox', { name: `Exam ${mark}`, checked: true }).waitFor()
  await section('Activity').getByText('things done.').waitFor()

  await page.getByRole('link', { name: username }).click()
  await section('Sessions').getByText('this one').waitFor()
  await page.getByRole('button', { name: 'Make a new key' }).click()
  const key = (await section('API key').locator('code').textContent()) ?? ''
  assert.deepEqual(await titlesFor(api, key), [title, 'Welcome to Notechondria'], 'an assistant with the key finds the notes')
  await page.reload()
  await page.getByRole('button', { name: 'Make a new key' }).waitFor()
  assert.equal(await page.getByText(key).count(), 0, 'the key is shown once')

  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByRole('link', { name: 'Sign in' }).waitFor()
  await app('Editor').click()
  await page.getByRole('heading', { name: 'Your notes' }).waitFor()
  assert.deepEqual(faults, [], 'no script failed')
  return { username, password, title, key }
}

/** The site itself answers at this address, but not as a backend does. */
async function refuseOtherServer(page: Page, url: string): Promise<void> {
  await page.getByRole('button', { name: 'Server…' }).click()
  const dialog = page.getByRole('dialog', { name: 'Server' })
  const before = await dialog.getByLabel('Address of the API').inputValue()
  await dialog.getByLabel('Address of the API').fill(url)
  await dialog.getByRole('button', { name: 'Use this server' }).click()
  await dialog.getByRole('alert').getByText('Nobody answers there').waitFor()
  await page.reload()
  await page.getByRole('button', { name: 'Server…' }).click()
  assert.equal(await dialog.getByLabel('Address of the API').inputValue(), before, 'what was refused is not kept')
  await dialog.getByRole('button', { name: 'Close' }).click()
}

/** As an assistant asks. */
async function titlesFor(api: string, key: string): Promise<string[]> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'list_notes', arguments: {} } })
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}` }
  const answer = await fetch(`${api}/mcp/`, { method: 'POST', headers, body })
  assert.equal(answer.status, 200)
  const { result } = (await answer.json()) as { result: { content: { text: string }[] } }
  return JSON.parse(result.content[0]?.text ?? '').map((note: { title: string }) => note.title)
}
