import { describeStory } from 'host-parts-example/story'
import { startStoryHost } from './test/start-story-host.ts'

describeStory('Express and Kysely', startStoryHost)
