/* SPDX-License-Identifier: Apache-2.0
 *
 * vector.h - a mark for plain loops over bytes that the compiler turns into vector code: it is
 * built for AVX2, too, and the loader takes what the machine has. Sanitizers don't bear the
 * loader's choice before their own start, so their builds have the plain version only.
 *
 * Thread: any.
 */
#ifndef TOCSIN_BASE_VECTOR_H
#define TOCSIN_BASE_VECTOR_H

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) &&                             \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define VECTOR_CLONES __attribute__((target_clones("avx2", "default")))
#else
#define VECTOR_CLONES
#endif

#endif
