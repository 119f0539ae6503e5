package floorplan

import "encoding/json"

// What is embedded below has the fields of its type, and not its MarshalJSON.

// MarshalJSON adds the duration, in seconds.
func (h House) MarshalJSON() ([]byte, error) {
	type plain House
	return json.Marshal(struct {
		Over float64 `json:"over_seconds"`
		plain
	}{h.Over.Seconds(), plain(h)})
}

// MarshalJSON adds the durations, in seconds.
func (m Method) MarshalJSON() ([]byte, error) {
	type plain Method
	return json.Marshal(struct {
		plain
		P50      float64 `json:"p50_seconds"`
		P99      float64 `json:"p99_seconds"`
		Promised float64 `json:"promised_p99_seconds"`
	}{plain(m), m.P50.Seconds(), m.P99.Seconds(), m.Promised.Seconds()})
}

// MarshalJSON adds the duration, in seconds.
func (p Process) MarshalJSON() ([]byte, error) {
	type plain Process
	return json.Marshal(struct {
		plain
		Uptime float64 `json:"uptime_seconds"`
	}{plain(p), p.Uptime.Seconds()})
}
