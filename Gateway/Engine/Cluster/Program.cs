using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Pythia.Gateway;

// The gateway as a program of its own, a client of the cluster: clustering comes from configuration (section Orleans).
var builder = WebApplication.CreateSlimBuilder(args);
builder.Services.AddPythiaOperations();
builder.UseOrleansClient(client =>
{
    if (builder.Configuration.GetValue<string>("Telemetry:OtlpEndpoint") is { Length: > 0 }) client.AddActivityPropagation();
});
builder.Services.AddPythiaGateway(builder.Configuration);
if (builder.Configuration.GetValue<string>("Gateway:Url") is { Length: > 0 } url) builder.WebHost.UseUrls(url);

var app = builder.Build();
app.UsePythiaGateway();
await app.RunAsync();
