/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A folder of its own for a test, and copies of the shipped models in it.
 */
#ifndef ROOST_ML_TEST_FOLDER_H
#define ROOST_ML_TEST_FOLDER_H

#include "ml/versions.h"

/* A new, empty folder; NULL when none can be made. Given to test_folder_remove in the end. */
char *test_folder_make(void);
void test_folder_remove(char *folder);

/* Copies a file; 0 or -1. */
int test_copy(const char *from, const char *to);

/* A new folder with the shipped model as its current version. */
char *test_models_make(struct ml_version *version);

#endif
