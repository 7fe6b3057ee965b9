import { z } from 'zod'
import { courseChange, newCourse } from '../api/courses.ts'
import { block, blockChange, newNote, noteChange } from '../api/notes.ts'
import { newEvent } from '../api/planner.ts'
import { id, ids, line } from '../context.ts'
import type { Services } from '../services.ts'
import type { User } from '../sessions.ts'

export interface Tool {
  name: string
  description: string
  input: z.ZodObject
  run(user: User, input: unknown): Promise<unknown>
}

/** Name, what it is for, what it takes; `run` gets what `input` made of the arguments. */
function tool<T extends z.ZodObject>(
  name: string,
  description: string,
  input: T,
  run: (user: User, input: z.infer<T>) => Promise<unknown>,
): Tool {
  // What comes in was read with `input` just before.
  return { name, description, input, run: (user, read) => run(user, read as z.infer<T>) }
}

const nothing = z.object({})
const note = z.object({ note_id: id })
const course = z.object({ course_id: id })
const done = { ok: true }

/** The twenty-one tools of the documentation, in its order. */
export function createTools({ courses, notes, blocks, planner }: Services): Tool[] {
  return [
    tool('list_courses', 'Courses of the user, and those that they subscribed to.', nothing, ({ id }) => courses.list(id)),
    tool('get_course', 'One course.', course, ({ id }, { course_id }) => courses.get(id, course_id)),
    tool(
      'list_notes',
      'Notes, the last ones first; of one course where it is named.',
      course.partial(),
      ({ id }, { course_id }) => notes.list(id, course_id),
    ),
    tool('get_note', 'One note with its blocks.', note, ({ id }, { note_id }) => notes.get(id, note_id)),
    tool('search_notes', 'Notes with these words in the title or the text.', z.object({ query: line }), ({ id }, { query }) =>
      notes.search(id, query),
    ),
    tool('create_note', 'A new note; in the Inbox where no course is named.', newNote, ({ id }, input) =>
      notes.create(id, input),
    ),
    tool('update_note', 'Another title, or another course.', note.extend(noteChange.shape), ({ id }, { note_id, ...change }) =>
      notes.update(id, note_id, change),
    ),
    tool('delete_note', 'Puts a note into the recycle bin.', note, async ({ id }, { note_id }) => {
      await notes.remove(id, note_id)
      return done
    }),
    tool('restore_note', 'Takes a note out of the recycle bin.', note, ({ id }, { note_id }) => notes.restore(id, note_id)),
    tool('create_course', 'A new course.', newCourse, ({ id }, input) => courses.create(id, input)),
    tool('update_course', 'Changes a course.', course.extend(courseChange.shape), ({ id }, { course_id, ...change }) =>
      courses.update(id, course_id, change),
    ),
    tool('delete_course', 'Deletes a course; its notes go to the Inbox.', course, async ({ id }, { course_id }) => {
      await courses.remove(id, course_id)
      return done
    }),
    tool(
      'list_blocks',
      'The blocks of a note, in order.',
      note,
      async ({ id }, { note_id }) => (await notes.get(id, note_id)).blocks,
    ),
    tool('create_block', 'A block at the end of a note.', note.extend(block.shape), ({ id }, { note_id, ...input }) =>
      blocks.create(id, note_id, input),
    ),
    tool(
      'update_block',
      'Changes a block.',
      z.object({ block_id: id }).extend(blockChange.shape),
      ({ id }, { block_id, ...change }) => blocks.update(id, block_id, change),
    ),
    tool('delete_block', 'Deletes a block.', z.object({ block_id: id }), async ({ id }, { block_id }) => {
      await blocks.remove(id, block_id)
      return done
    }),
    tool('reorder_blocks', 'Puts the blocks of a note into this order.', note.extend(ids.shape), ({ id }, { note_id, ids }) =>
      blocks.reorder(id, note_id, ids),
    ),
    tool('list_planner_events', 'Events of the planner, by time.', nothing, ({ id }) => planner.list(id)),
    tool('create_planner_event', 'A new event; times as in 2026-04-01T09:00:00Z.', newEvent, ({ id }, input) =>
      planner.create(id, input),
    ),
    tool('complete_planner_event', 'Marks an event as done.', z.object({ event_id: id }), ({ id }, { event_id }) =>
      planner.complete(id, event_id),
    ),
    tool('whoami', 'The account that the key belongs to.', nothing, async ({ id, username, email }) => ({ id, username, email })),
  ]
}
