/*
 * lua.c: runs a Lua file, so that the plugin's parts can be tested without MAME and with no other program than the Lua
 * library that kbridge.so needs anyway.
 */
#include <stdio.h>

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

int main(int argc, char **argv)
{
    lua_State *L = luaL_newstate();

    if (L == NULL || argc != 2) {
        fprintf(stderr, "usage: lua FILE\n");
        return 2;
    }
    luaL_openlibs(L);
    if (luaL_dofile(L, argv[1])) {
        fprintf(stderr, "%s\n", lua_tostring(L, -1));
        return 1;
    }
    lua_close(L);
    return 0;
}
