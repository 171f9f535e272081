export { describeStory } from './describe-story.ts'
export type { StartStoryHost, StoryHost, StoryOrganization, StoryStage } from './story-host.ts'
