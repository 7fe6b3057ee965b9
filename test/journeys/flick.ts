import assert from 'node:assert/strict'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'

const notice = fileURLToPath(new URL('../../examples/flick/ocr/test/fixtures/sign.png', import.meta.url))

export interface Moderator {
  /** Of the admin app. */
  url: string
  email: string
  password: string
}

/**
 * What people do on Flick, in real browsers: one comes from the landing page, signs up and posts, also what a picture says; another
 * one, who only looks, is told at once and sees it without loading again. A moderator, where there is one, hides it from everybody.
 */
export async function journey(baseUrl: string, page: Page, moderator?: Moderator): Promise<{ name: string; text: string }> {
  const mark = Date.now().toString(36)
  const name = `Nia ${mark}`
  const text = `Free coffee in front of the library <b>now</b> ${mark}`
  const faults: string[] = []
  page.on('pageerror', (error) => faults.push(error.message))
  const browser = page.context().browser()
  assert.ok(browser, 'the page is one of a browser')

  await page.goto(baseUrl)
  await page.getByRole('link', { name: 'Open Flick' }).click()
  await page.getByRole('heading', { name: 'On campus' }).waitFor()
  // A context of its own has cookies of its own: somebody who is not signed in.
  const other = await (await browser.newContext()).newPage()
  await other.goto(page.url())
  await other.getByText('Live', { exact: true }).waitFor()

  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Sign up' }).click()
  await page.getByLabel('Name').fill(name)
  await page.getByLabel('E-mail address').fill(`nia-${mark}@campus.example`)
  await page.getByLabel('Password').fill('long enough')
  await page.getByRole('button', { name: 'Sign up' }).click()
  await page.getByText('Live', { exact: true }).waitFor()

  await page.getByLabel('What is going on?').fill(text)
  await page.getByRole('button', { name: 'Post' }).click()
  const posts = (of: Page) => of.getByRole('list', { name: 'Posts' }).getByRole('listitem')
  await posts(page).filter({ hasText: text }).waitFor()
  await other.getByRole('status').getByText(`${name} just posted.`).waitFor()
  await posts(other).filter({ hasText: text }).waitFor()

  await page.getByLabel('Read a picture').setInputFiles(notice)
  await page.waitForFunction('document.querySelector("#text").value.includes("Monday")')
  await page.getByRole('button', { name: 'Post' }).click()
  await posts(other).filter({ hasText: 'The library opens' }).first().waitFor()

  await page.reload()
  await page.getByRole('button', { name: 'Sign out' }).waitFor()
  await posts(page).filter({ hasText: text }).waitFor()
  assert.equal(await posts(page).filter({ hasText: text }).count(), 1, 'it is there once')
  if (moderator) await moderate(moderator, page, other, text)
  assert.deepEqual(faults, [], 'no script failed')
  await other.context().close()
  return { name, text }
}

async function moderate({ url, email, password }: Moderator, author: Page, other: Page, text: string): Promise<void> {
  const context = await author.context().browser()?.newContext()
  const page = await context?.newPage()
  assert.ok(context && page)
  await page.goto(url)
  await page.getByLabel('E-mail address').fill(email)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('listitem').filter({ hasText: text }).getByRole('link').click()
  await page.getByRole('heading', { name: /^Post \d+$/ }).waitFor()
  // A deep link: the page is asked for again at the address of this one post.
  await page.reload()
  await author.getByText('Live', { exact: true }).waitFor()
  await page.getByRole('button', { name: 'Hide' }).click()
  await page.getByRole('button', { name: 'Show again' }).waitFor()
  for (const one of [author, other]) await one.getByText(text).waitFor({ state: 'detached' })
  await author.getByRole('status').getByText('A moderator has hidden one of your posts.').waitFor()
  await context.close()
}
