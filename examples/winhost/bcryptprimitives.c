/*
 * bcryptprimitives.c: a stand-in for the Windows DLL of that name, for the Wine of
 * the tests only; it is never shipped.
 *
 * Go programs take their random numbers from ProcessPrng, which Windows has had since
 * version 10 and Wine since 8.13. Debian 12 has Wine 8.0.
 */
#include <windows.h>

/* RtlGenRandom, by the name it is exported under. */
BOOLEAN NTAPI SystemFunction036(PVOID buffer, ULONG size);

BOOL WINAPI ProcessPrng(PBYTE buffer, SIZE_T size)
{
    for (ULONG n; size > 0; buffer += n, size -= n) {
        n = size < 0x10000000 ? (ULONG)size : 0x10000000;
        if (!SystemFunction036(buffer, n))
            return FALSE;
    }
    return TRUE;
}
