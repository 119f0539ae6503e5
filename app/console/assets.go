package console

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"galleria/app/edge"
	"galleria/app/floorplan"
)

//go:embed assets
var assetFiles embed.FS

// assets are the stylesheet and the scripts, under names that change with their content.
type assets struct {
	stylesheet, script, passkeys string // addresses
	byName                       map[string]asset
}

type asset struct {
	contentType string
	body        []byte
}

func loadAssets() *assets {
	a := &assets{byName: map[string]asset{}}
	a.stylesheet = a.add("console", ".css", "text/css; charset=utf-8", append(slices.Concat(embedded("console.css"), embedded("shop.css")), floorplan.Stylesheet()...))
	a.script = a.add("console", ".js", "text/javascript; charset=utf-8", embedded("console.js"))
	a.passkeys = a.add("passkeys", ".js", "text/javascript; charset=utf-8", edge.PasskeyScript)
	return a
}

func (a *assets) add(name, extension, contentType string, body []byte) string {
	sum := sha256.Sum256(body)
	hashed := name + "." + hex.EncodeToString(sum[:8]) + extension
	a.byName[hashed] = asset{contentType, body}
	return "/console/assets/" + hashed
}

func embedded(name string) []byte {
	body, err := assetFiles.ReadFile("assets/" + name)
	if err != nil {
		panic(err) // the file is part of the program
	}
	return body
}

func (c *Console) asset(ctx echo.Context) error {
	a, ok := c.assets.byName[ctx.Param("name")]
	if !ok {
		return echo.ErrNotFound
	}
	ctx.Response().Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	return ctx.Blob(http.StatusOK, a.contentType, a.body)
}
