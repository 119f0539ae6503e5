package config_test

import (
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	"galleria/platform/config"
)

type server struct {
	Listen string        `yaml:"listen" doc:"address to serve at"`
	Idle   time.Duration `yaml:"idle" doc:"close a silent connection after this"`
	Key    string        `yaml:"key" doc:"signing key" secret:"true"`
}

func (s server) Validate() error {
	if s.Idle < time.Second {
		return config.At("idle", "%v is less than a second", s.Idle)
	}
	return nil
}

func Example() {
	dir, err := os.MkdirTemp("", "config")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "app.yaml")
	if err := os.WriteFile(file, []byte("http:\n  listen: \":80\"\n  key: rosebud\n"), 0o600); err != nil {
		log.Fatal(err)
	}

	// The struct holds the defaults before, and the configuration after.
	var cfg struct {
		HTTP server `yaml:"http"`
	}
	cfg.HTTP = server{Listen: ":8080", Idle: time.Minute}
	loaded, err := config.Load(&cfg, config.Sources{
		File: file, Prefix: "APP_",
		Environ: []string{"APP_HTTP_LISTEN=:81"},
		Flags:   map[string]string{"http.idle": "30s"},
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, v := range loaded.Values() {
		fmt.Println(v.Key, v.Text, "from", filepath.Base(v.Origin.String()))
	}

	_, err = config.Load(&cfg, config.Sources{
		Prefix:  "APP_",
		Environ: []string{"APP_HTTP_IDEL=1s"},
		Flags:   map[string]string{"http.idle": "1ms"},
	})
	fmt.Println(err)
	// Output:
	// http.listen :81 from $APP_HTTP_LISTEN
	// http.idle 30s from --http.idle
	// http.key •••••• from app.yaml:3
	// $APP_HTTP_IDEL: unknown variable; did you mean APP_HTTP_IDLE?
	// --http.idle: http.idle: 1ms is less than a second
}
