/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/protocols/cases.h"
int main(void){return 0;}
