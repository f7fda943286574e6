/** What a colour of a process picture says, so that the pages choose it to fit day and night; grey is normal (ISA-101). */
export const COLOUR_ROLES = ['background', 'outline', 'inactive', 'active', 'abnormal', 'alarm'] as const;
