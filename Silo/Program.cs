using Pythia.Silo.Commands;

return await SiloCommandLine.RunAsync(args);
