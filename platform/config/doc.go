// Package config fills a typed struct from a YAML file, the environment and
// the command line, and can say where each value came from.
//
// The program describes its configuration once, as a struct that holds the
// defaults:
//
//	type Config struct {
//		HTTP    Listener                 `yaml:"http"`
//		Modules map[string]ModuleConfig  `yaml:"modules"`
//	}
//	type Listener struct {
//		Listen string        `yaml:"listen" doc:"address to serve at"`
//		Idle   time.Duration `yaml:"idle"   doc:"close a silent connection after this"`
//		Key    string        `yaml:"key"    doc:"signing key" secret:"true"`
//	}
//
//	cfg := Config{HTTP: Listener{Listen: ":8080", Idle: time.Minute}}
//	loaded, err := config.Load(&cfg, config.Sources{File: "app.yaml", Environ: os.Environ(), Prefix: "APP_"})
//
// Every value has a key, the dotted path of its names: http.listen. The same
// key is the path in the file, http.listen in Sources.Flags, and
// APP_HTTP_LISTEN in the environment. A later source wins:
//
//	default < file < environment < flag
//
// # Mistakes
//
// Load finds all mistakes before it gives up, and says for each where it is:
//
//	app.yaml:3: http.listne: unknown key; did you mean http.listen?
//	app.yaml:4: http.idle: "60" is not a duration such as 30s, 5m or 1h30m
//	$APP_HTTP_ADR: unknown variable; did you mean APP_HTTP_ADDR?
//
// A struct at any depth may have a method Validate() error. It returns any
// number of findings, each made by [At] or [OneOf] for a key relative to the
// struct, joined by [errors.Join]. Load looks up which file line, variable or
// flag the value came from. When Load fails it leaves the struct as it was.
//
// # Types
//
// Strings, bools, whole numbers, floats, [time.Duration], [Bytes], every type
// that is both an [encoding.TextUnmarshaler] and an [encoding.TextMarshaler],
// lists of those, structs, structs inlined by `yaml:",inline"`, and maps from
// string to a value or a struct. Entries of a map that the defaults hold are
// changed field by field; lists are replaced as a whole.
//
// A list is written a,b,c, or, when an element holds a comma, ["a,b", "c"]. The
// latter is also a list of the file. An empty variable means the empty text.
//
// # Changing the file
//
// [Edit] changes values in the file as a careful person would: nothing else in it
// changes, and a reader finds the old file or the new one. [Watcher] says that the
// file is different, and the program loads again and decides.
//
// # What it does not do
//
// It does not merge several files, fetch anything over a network, or expand
// variables inside values. It does not apply changes to a running program.
package config
