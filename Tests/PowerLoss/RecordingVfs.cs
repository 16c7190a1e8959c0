using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace Pythia.PowerLoss;

/// <summary>
/// SQLite's own way to the disk with a tap in it: what it opens, writes, cuts, deletes and forces to the disk below a recorded folder is
/// told to that folder's recorder. Files elsewhere are not touched. Registered once a process, as its default.
/// </summary>
/// <remarks>
/// The real file stays what it is; only its table of methods is replaced by a copy that has three other entries, and its number stands
/// behind it in the memory that SQLite gives each file. SQLite forces a folder to the disk by opening it first ("openDirectory", inside of
/// a sync or a deletion), and that is how a folder's fsync is seen. Source: sqlite3.h, "OS Interface Object"; os_unix.c.
/// </remarks>
internal static unsafe class RecordingVfs
{
    private static readonly Lock Gate = new();
    private static readonly ConcurrentDictionary<nint, nint> Tables = new();
    private static readonly ConcurrentDictionary<int, (PowerLossRecorder Recorder, int File)> Open = new();
    private static volatile PowerLossRecorder[] s_recorders = [];
    private static NativeVfs* s_real;
    private static NativeVfs* s_tapped;
    private static delegate* unmanaged[Cdecl]<byte*, int*, int> s_openFolder;
    private static int s_lastHandle;

    [ThreadStatic]
    private static bool s_folderOpened;

    public static void Add(PowerLossRecorder recorder)
    {
        lock (Gate)
        {
            if (s_tapped is null) Register();
            s_recorders = [.. s_recorders, recorder];
        }
    }

    public static void Remove(PowerLossRecorder recorder)
    {
        lock (Gate) s_recorders = [.. s_recorders.Where(other => other != recorder)];
    }

    private static void Register()
    {
        if (Native.Initialize() != Native.Ok) throw new InvalidOperationException("SQLite does not initialize");
        s_real = Native.FindVfs(null);
        s_tapped = (NativeVfs*)NativeMemory.Alloc((nuint)sizeof(NativeVfs));
        *s_tapped = *s_real;
        s_tapped->Version = Math.Min(s_real->Version, 3);
        s_tapped->FileSize = HandleAt(s_real) + sizeof(long);
        s_tapped->Name = (byte*)Marshal.StringToCoTaskMemUTF8("powerloss");
        s_tapped->Open = &OpenFile;
        s_tapped->Delete = &DeleteFile;
        TapFolders();
        if (Native.RegisterVfs(s_tapped, makeDefault: 1) != Native.Ok) throw new InvalidOperationException("SQLite takes no file system of ours");
    }

    // Where there is no such call (Windows), names count as forced to the disk with the file.
    private static void TapFolders()
    {
        if (s_real->Version < 3) return;
        fixed (byte* name = "openDirectory"u8)
        {
            s_openFolder = (delegate* unmanaged[Cdecl]<byte*, int*, int>)s_real->GetSystemCall(s_real, name);
            delegate* unmanaged[Cdecl]<byte*, int*, int> tapped = &OpenFolder;
            if (s_openFolder is not null) _ = s_real->SetSystemCall(s_real, name, tapped);
        }
    }

    private static int HandleAt(NativeVfs* vfs) => (vfs->FileSize + 7) & ~7;

    private static long* HandleOf(NativeFile* file) => (long*)((byte*)file + HandleAt(s_real));

    private static string Text(byte* path) => Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(path));

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int OpenFolder(byte* path, int* descriptor)
    {
        s_folderOpened = true;
        return s_openFolder(path, descriptor);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int OpenFile(NativeVfs* vfs, byte* name, NativeFile* file, int flags, int* outFlags)
    {
        var recorder = name is null ? null : Find(Text(name));
        if (recorder is null) return s_real->Open(s_real, name, file, flags, outFlags);

        // The journal learns of a name no later than of what is in the file.
        lock (recorder.Names)
        {
            var path = Text(name);
            var isNew = !File.Exists(path);
            var result = s_real->Open(s_real, name, file, flags, outFlags);
            if (result != Native.Ok) return result;

            var handle = Interlocked.Increment(ref s_lastHandle);
            Open[handle] = (recorder, recorder.Opened(path, isNew));
            *HandleOf(file) = handle;
            file->Methods = (NativeMethods*)Tables.GetOrAdd((nint)file->Methods, Tap);
            return result;
        }
    }

    // A table a kind of file, kept for the life of the process, with the real one behind it.
    private static nint Tap(nint realTable)
    {
        var table = (NativeMethods*)NativeMemory.Alloc((nuint)(sizeof(NativeMethods) + sizeof(nint)));
        *table = *(NativeMethods*)realTable;
        table->Version = Math.Min(table->Version, 3);
        table->Close = (delegate* unmanaged[Cdecl]<NativeFile*, int>)&CloseFile;
        table->Write = &WriteFile;
        table->Truncate = &TruncateFile;
        table->Sync = &SyncFile;
        *(nint*)(table + 1) = realTable;
        return (nint)table;
    }

    private static NativeMethods* RealOf(NativeFile* file) => *(NativeMethods**)(file->Methods + 1);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int DeleteFile(NativeVfs* vfs, byte* name, int syncFolder)
    {
        var path = Text(name);
        if (Find(path) is not { } recorder) return s_real->Delete(s_real, name, syncFolder);

        lock (recorder.Names)
        {
            s_folderOpened = false;
            var result = s_real->Delete(s_real, name, syncFolder);
            if (result != Native.Ok) return result;

            recorder.Deleted(path);
            if (syncFolder != 0 && (s_folderOpened || s_openFolder is null)) recorder.FolderSynced(path, recorder.Journal.Count);
            return result;
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int CloseFile(NativeFile* file)
    {
        Open.TryRemove((int)*HandleOf(file), out _);
        return ((delegate* unmanaged[Cdecl]<NativeFile*, int>)RealOf(file)->Close)(file);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int WriteFile(NativeFile* file, byte* data, int length, long offset)
    {
        var (recorder, number) = Open[(int)*HandleOf(file)];
        recorder.Journal.Append(DiskAct.Write, number, offset, new ReadOnlySpan<byte>(data, length));
        return RealOf(file)->Write(file, data, length, offset);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int TruncateFile(NativeFile* file, long length)
    {
        var (recorder, number) = Open[(int)*HandleOf(file)];
        recorder.Journal.Append(DiskAct.Truncate, number, length, []);
        return RealOf(file)->Truncate(file, length);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int SyncFile(NativeFile* file, int flags)
    {
        var (recorder, number) = Open[(int)*HandleOf(file)];
        var covered = recorder.Journal.Count;
        s_folderOpened = false;
        var result = RealOf(file)->Sync(file, flags);
        if (result != Native.Ok) return result;

        recorder.Journal.Append(DiskAct.Sync, number, covered, []);
        if (s_folderOpened || s_openFolder is null) recorder.FolderSynced(recorder.PathOf(number), covered);
        return result;
    }

    private static PowerLossRecorder? Find(string path) => Array.Find(s_recorders, recorder => recorder.Covers(path));
}
