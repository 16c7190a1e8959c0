using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Pythia.Gateway.Views;

namespace Pythia.Gateway.OpenApi;

/// <summary>Shows the OpenAPI document of the routes that are mapped.</summary>
internal static class ApiDocumentEndpoint
{
    private static readonly JsonSerializerOptions Readable = new() { WriteIndented = true, NewLine = "\n", Encoder = JavaScriptEncoder.Create(UnicodeRanges.All) };

    public static void Map(IEndpointRouteBuilder endpoints)
    {
        // Routes may still be mapped after this one; the first reader finds them all.
        var document = new Lazy<(byte[] Bytes, string Tag)>(() =>
        {
            var bytes = Encoding.UTF8.GetBytes(Write(endpoints));
            return (bytes, $"\"{Base64Url.EncodeToString(SHA256.HashData(bytes).AsSpan(0, 16))}\"");
        });
        endpoints.MapGet(ApiDocument.Path, async (HttpContext context) =>
            await EntityBody.WriteAsync(context, document.Value.Bytes, "application/openapi+json; charset=utf-8", document.Value.Tag, "no-cache"))
            .Describe(ApiOperations.Document);
    }

    /// <summary>The document as text, with a line end.</summary>
    public static string Write(IEndpointRouteBuilder endpoints)
        => ApiDocument.Of(endpoints.DataSources.SelectMany(source => source.Endpoints).OfType<RouteEndpoint>()).ToJsonString(Readable) + "\n";
}
