package config_test

import (
	"testing"

	"galleria/platform/config"
)

func TestAVariableThatCanMeanTwoValuesIsRefused(t *testing.T) {
	type entry struct {
		Address string `yaml:"address"`
		Store   struct {
			Address string `yaml:"address"`
		} `yaml:"store"`
	}
	var got struct {
		Peers map[string]entry `yaml:"peers"`
	}
	from := config.Sources{Prefix: "APP_", Environ: []string{"APP_PEERS_A_STORE_ADDRESS=x"}}
	_, err := config.Load(&got, from)
	same(t, "new entry", problems(t, err), []string{
		"$APP_PEERS_A_STORE_ADDRESS: can mean peers.a_store.address or peers.a.store.address; set it in the file",
	})

	got.Peers = map[string]entry{"a": {}}
	if _, err := config.Load(&got, from); err != nil || got.Peers["a"].Store.Address != "x" {
		t.Errorf("entry that is there: got %+v, error %v; want x in a.store", got.Peers, err)
	}

	from = written(t, "peers: {b-c: {}, b_c: {}}\n")
	from.Environ = []string{"APP_PEERS_B_C_ADDRESS=x"}
	_, err = config.Load(&got, from)
	same(t, "two entries", problems(t, err), []string{
		"$APP_PEERS_B_C_ADDRESS: can mean peers.b-c.address or peers.b_c.address; set it in the file",
	})
}

func TestVariablesMadeByKubernetesAreNotMistakes(t *testing.T) {
	got := standard()
	_, err := config.Load(&got, config.Sources{Prefix: "APP_", Environ: []string{
		"APP_SERVICE_HOST=10.0.0.1", "APP_SERVICE_PORT=80", "APP_SERVICE_PORT_HTTP=80", "APP_PORT=tcp://10.0.0.1:80",
		"APP_PORT_80_TCP=tcp://10.0.0.1:80", "APP_PORT_80_TCP_ADDR=10.0.0.1", "APP_MAIL_PORT_80_TCP_PORT=80",
	}})
	if err != nil {
		t.Errorf("got %v, want no error", err)
	}
	_, err = config.Load(&got, config.Sources{Prefix: "APP_", Environ: []string{"APP_HTTP_PORT=8080"}})
	same(t, "a port that was written", problems(t, err), []string{"$APP_HTTP_PORT: unknown variable; did you mean APP_HTTP_PORTS?"})
}

func TestVariablesOfOtherMeaningAreLeftAlone(t *testing.T) {
	got := standard()
	from := config.Sources{Prefix: "APP_", Environ: []string{"APP_CONFIG=x"}, NotConfig: []string{"APP_CONFIG"}}
	if _, err := config.Load(&got, from); err != nil {
		t.Errorf("got %v, want no error", err)
	}
	if _, err := config.Load(&got, config.Sources{Environ: []string{"APP_CONFIG=x"}}); err != nil {
		t.Errorf("without prefix: got %v, want no error", err)
	}
}
