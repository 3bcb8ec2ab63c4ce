/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/voice/lines.h"

/* Arabic with its vowel marks: it is spoken by rule. */
static const char *const lines[VOICE_LINE_COUNT][CHILD_LANGUAGES] = {
    [VOICE_LINE_NOT_HEARD] = {[CHILD_EN] = "I did not hear you. Will you say it again?",
                              [CHILD_AR] = "لَمْ أَسْمَعْكَ. هَلْ تَقُولُهَا مَرَّةً أُخْرَى؟"},
    [VOICE_LINE_TOO_LONG] = {[CHILD_EN] = "You told me so much! I kept the first part.",
                             [CHILD_AR] = "حَكَيْتَ لِي الكَثِيرَ! سَمِعْتُ الجُزْءَ الأَوَّلَ."},
    [VOICE_LINE_BUSY] = {[CHILD_EN] = "I am a little busy. Please ask me again soon.",
                         [CHILD_AR] = "أَنَا مَشْغُولٌ قَلِيلاً. اِسْأَلْنِي بَعْدَ قَلِيلٍ."},
    [VOICE_LINE_TROUBLE] = {[CHILD_EN] = "Oh, something did not work. Let us try again.",
                            [CHILD_AR] = "آهْ، شَيْءٌ مَا لَمْ يَعْمَلْ. لِنُحَاوِلْ مَرَّةً أُخْرَى."},
    [VOICE_LINE_CUT_OFF] = {[CHILD_EN] = "The rest I will tell you another time.",
                            [CHILD_AR] = "سَأَحْكِي لَكَ البَاقِي فِي مَرَّةٍ أُخْرَى."},
    [VOICE_LINE_TIME_LIMIT] = {[CHILD_EN] = "We have talked a lot today. Now I need a little rest. "
                                            "See you soon!",
                               [CHILD_AR] = "تَحَدَّثْنَا كَثِيراً اليَوْمَ. الآنَ أَحْتَاجُ إِلَى رَاحَةٍ. "
                                            "أَرَاكَ قَرِيباً!"},
    [VOICE_LINE_NO_LANGUAGE] = {[CHILD_EN] = "I cannot understand that language yet.",
                                [CHILD_AR] = "لَا أَفْهَمُ العَرَبِيَّةَ بَعْدُ، وَلَكِنِّي أَتَعَلَّمُ."},
};

const char *voice_line(enum voice_line line, enum child_language language)
{
    return lines[line][language];
}
