import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'

const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
)

/**
 * What a person does on CommunityRule, in a real browser: starts from a template, signs in by the mailed link, adds a picture,
 * publishes, and finds the rule on its page and in the list, while somebody else's home page counts it without being loaded again.
 * The templates must be seeded. `mailedLink` looks into the mailbox for the newest link to an address.
 */
export async function journey(
  baseUrl: string,
  page: Page,
  mailedLink: (email: string) => Promise<string>,
): Promise<{ title: string; slug: string }> {
  const title = `Maple Street Garden ${Date.now().toString(36)}`
  const faults: string[] = []
  page.on('pageerror', (error) => faults.push(error.message))

  const browser = page.context().browser()
  assert.ok(browser, 'the page is one of a browser')
  const other = await browser.newPage()
  await other.goto(baseUrl)
  await other.locator('[data-live].on').waitFor()
  const before = Number(await other.locator('[data-live-count]').textContent())

  await page.goto(baseUrl)
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Create a rule' }).click()
  await page.getByLabel('How many of you are there?').selectOption('few')
  await page.getByRole('button', { name: 'Recommend' }).click()
  await page.getByText('Recommended', { exact: true }).first().waitFor()
  await page.getByRole('button', { name: 'Start from Consensus' }).click()

  await page.getByLabel('What is your community called?').fill(title)
  await page.getByLabel('In one sentence, who are you?').fill('Forty neighbors who share a garden.')
  await page.getByLabel('Who decides what, and how?').fill('Together:\n\n- in the shed\n- on Sundays <b>only</b>')
  await page.getByText('Draft saved').waitFor()
  await page.reload()
  assert.equal(await page.getByLabel('What is your community called?').inputValue(), title, 'the draft came back')

  // The draft of this browser becomes the person's.
  const email = `ada-${Date.now().toString(36)}@example.org`
  await page.getByRole('link', { name: 'Sign in' }).click()
  await page.getByLabel('Your e-mail address').fill(email)
  await page.getByRole('button', { name: 'Send me a link' }).click()
  await page.getByRole('heading', { name: 'Look into your mail' }).waitFor()
  const link = await mailedLink(email)
  assert.equal(new URL(link).origin, new URL(baseUrl).origin, 'the link leads to where the person is')
  await page.goto(link)
  await page.getByText(email).waitFor()
  const again = await other.goto(link)
  assert.equal(again?.status(), 410, 'a link works once')
  await other.goto(baseUrl)
  await other.locator('[data-live].on').waitFor()

  await page.getByRole('link', { name: title }).click()
  await page.getByLabel('Choose a picture').setInputFiles({ name: 'garden.png', mimeType: 'image/png', buffer: PNG })
  await page.getByRole('button', { name: 'Upload the picture' }).click()
  await page.getByAltText('The picture that you chose').waitFor()
  await page.getByRole('button', { name: 'Publish' }).click()

  await page.getByRole('heading', { level: 1, name: title }).waitFor()
  await page.getByAltText(`Picture of ${title}`).waitFor()
  // A text, since the browser's own types are not known here.
  const width = await page.evaluate(`document.querySelector('.paper .picture').decode()
    .then(() => document.querySelector('.paper .picture').naturalWidth)`)
  assert.equal(width, 1, 'the picture is there')
  assert.match(new URL(page.url()).pathname, /^\/rules\/maple-street-garden-/)
  assert.deepEqual(await page.locator('#decisions li').allTextContents(), ['in the shed', 'on Sundays <b>only</b>'])
  const slug = new URL(page.url()).pathname.slice('/rules/'.length)

  await other.getByText('Just published: ').getByRole('link', { name: title }).waitFor()
  const after = Number(await other.locator('[data-live-count]').textContent())
  assert.ok(after > before, `the live count went from ${before} to ${after}`)
  await other.close()

  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Rules' }).click()
  await page.getByRole('link', { name: title }).click()
  await page.getByRole('heading', { level: 1, name: title }).waitFor()
  assert.deepEqual(faults, [], 'no script failed')
  return { title, slug }
}
